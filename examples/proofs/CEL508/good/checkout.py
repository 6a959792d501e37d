from shop.celery import app

print(app.send_task("shop.tasks.send_invoice", args=(1,)).id)

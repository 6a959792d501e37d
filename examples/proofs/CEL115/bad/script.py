from proj.celery import app

app.send_task("orders.ship", (1,))

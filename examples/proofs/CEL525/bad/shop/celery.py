from celery import Celery

app = Celery("shop", include=["shop.tasks"])
app.conf.task_routes = {"shop.tasks.send_invoice": {"queue": "mail"}}

from celery import Celery

app = Celery("shop")
app.conf.task_default_queue = "shop"
app.autodiscover_tasks(["shop"])

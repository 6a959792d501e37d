from celery import Celery

app = Celery("shop", include=["shop.tasks"])
app.conf.beat_schedule = {
    "sync": {"task": "shop.tasks.sync", "schedule": 0.5},
}

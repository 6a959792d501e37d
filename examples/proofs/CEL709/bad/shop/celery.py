from celery import Celery
from celery.schedules import crontab

app = Celery("shop")
app.conf.beat_schedule = {
    "sync": {"task": "shop.tasks.sync", "schedule": crontab(minute="*/90")},
}

from datetime import timedelta

from celery import Celery
from celery.schedules import schedule

app = Celery("shop")
app.conf.beat_schedule = {
    "sync": {"task": "shop.tasks.sync", "schedule": schedule(timedelta(minutes=90))},
}

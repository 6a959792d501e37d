from celery import Celery
from celery.schedules import crontab

app = Celery("shop", broker="redis://localhost")
app.conf.beat_schedule = {
    "nightly export": {
        "task": "shop.export",
        "schedule": crontab(minute=0, hour=3),
    },
}

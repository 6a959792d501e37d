from celery import Celery
from celery.schedules import crontab

app = Celery("shop", broker="redis://localhost")
app.conf.beat_schedule = {
    "midnight": {
        "task": "shop.clean",
        "schedule": crontab(minute=0, hour=24),
    },
}


@app.task(name="shop.clean")
def clean(): ...

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")
app.conf.beat_schedule = {
    "refresh": {"task": "shop.celery.refresh", "schedule": 0.2, "options": {"expires": 0.15}},
}


@app.task(ignore_result=True)
def refresh():
    journal("refreshed")

from lab import gate, journal
from shop.celery import app


@app.task(time_limit=60)
def sync():
    journal("started")
    gate("go")

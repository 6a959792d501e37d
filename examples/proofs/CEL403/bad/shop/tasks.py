import time

from celery import Celery
from lab import gate, journal

app = Celery("shop")


@app.task(soft_time_limit=120, time_limit=60)
def import_prices(url):
    return url


@app.task(soft_time_limit=1, time_limit=1)
def export(path):
    try:
        gate("written")
    finally:
        time.sleep(0.5)
        journal("cleaned up", path)

from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task(soft_time_limit=1)
def soft():
    journal("started")
    gate("done")


@app.task(time_limit=1)
def hard():
    journal("started")
    gate("done")

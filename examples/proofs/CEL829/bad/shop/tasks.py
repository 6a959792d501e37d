from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task
def wait():
    journal("started")
    gate("done")


@app.task
def following():
    journal("followed")

from celery import Celery
from celery.signals import worker_ready
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def warm_up():
    journal("warmed up")


@worker_ready.connect
def start(**kwargs):
    warm_up.delay()

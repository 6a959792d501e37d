from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def warm_up():
    journal("warmed up")


warm_up.delay()

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task(autoretry_for=(Exception,), max_retries=2, default_retry_delay=0)
def update(status):
    journal("run")
    if status == 404:
        return

from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(acks_late=True, retry_on_worker_lost=True, max_retries=3, default_retry_delay=0)
def resize(path):
    journal("started", path)
    gate("go")
    journal("resized", path)

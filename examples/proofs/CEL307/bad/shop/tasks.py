from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(acks_late=True)
def resize(path):
    journal("started", path)
    gate("go")
    journal("resized", path)

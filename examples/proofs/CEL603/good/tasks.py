import os

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost", backend=os.environ["REDIS_URL"])


@app.task
def export(day):
    journal("exported", day)
    return 3

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost")


@app.task
def export(day):
    journal("exported", day)
    return 3

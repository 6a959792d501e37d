import time

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(name="export", time_limit=1)
def export():
    time.sleep(2)
    journal("exported")

import time

from celery import Celery
from lab import journal

app = Celery("shop")
app.config_from_object("celeryconfig")


@app.task(name="export")
def export():
    time.sleep(2)
    journal("exported")

import time

from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0")


def is_finished(job_id):
    journal("asked", job_id)
    return gate("finished", seconds=0)


@app.task
def fetch_video(job_id):
    while not is_finished(job_id):
        time.sleep(10)
    journal("fetched", job_id)


@app.task
def send_invoice(order_id):
    journal("sent", order_id)

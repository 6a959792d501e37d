import time

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


def read_messages():
    journal("read")


@app.task
def watch_inbox():
    while True:
        read_messages()
        time.sleep(0.1)


@app.task
def send_invoice(order_id):
    journal("sent", order_id)

import os

from celery import Celery
from lab import journal

app = Celery("shop")
app.conf.task_default_queue = os.environ["LAB_NAME"]


@app.task(priority=5)
def send_invoice(order_id):
    journal("ran", "send_invoice")


@app.task(priority="low")
def export(order_id):
    journal("ran", "export")

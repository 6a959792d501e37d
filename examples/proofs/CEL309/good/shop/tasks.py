import os

import requests
from celery import Celery
from lab import gate, journal

app = Celery("shop")


@app.task(acks_late=True, reject_on_worker_lost=True)
def export(path):
    return path


@app.task(acks_late=True, reject_on_worker_lost=True, autoretry_for=(requests.RequestException,), retry_backoff=True)
def push_order(order_id):
    journal("started", order_id)
    gate("go")
    requests.post(f"{os.environ['SERVICE_URL']}orders", json={"id": order_id}, timeout=10)


def buy(order_id):
    push_order.delay(order_id)

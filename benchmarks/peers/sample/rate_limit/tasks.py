import requests
from celery import shared_task

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# bad: calls another system, unthrottled
@app.task
def ship(order_id):
    requests.post("https://carrier.example", json={"id": order_id}, timeout=5)


# bad: the same, as a shared task
@shared_task
def pack(order_id):
    requests.post("https://carrier.example", json={"id": order_id}, timeout=5)


# good: throttled
@app.task(rate_limit="10/m")
def refund(order_id):
    requests.post("https://carrier.example", json={"id": order_id}, timeout=5)


# good: looks into a dict
@app.task
def label(names, key):
    return names.get(key)

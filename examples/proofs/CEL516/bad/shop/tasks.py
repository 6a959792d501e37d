import os

import redis
from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def consume():
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    while True:
        _, order_id = client.blpop("orders")
        reserve(int(order_id))


def reserve(order_id):
    journal("reserved", order_id)


@app.task
def ship(order_id):
    journal("shipped", order_id)

import os

import redis
import requests
from celery import Celery

app = Celery("shop")
store = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task(autoretry_for=(requests.RequestException,), retry_backoff=True)
def ship(order_id):
    store.rpush("shipments", order_id)


def shipments():
    return store.llen("shipments")

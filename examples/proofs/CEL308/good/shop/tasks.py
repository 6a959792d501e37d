import os

import redis
import requests
from celery import Celery

app = Celery("shop")
store = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task(autoretry_for=(requests.RequestException,), retry_backoff=True)
def receive(product, quantity):
    requests.post(os.environ["SERVICE_URL"], json={"product": product}, timeout=10).raise_for_status()
    store.incrby(f"stock:{product}", quantity)

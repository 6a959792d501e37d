import os

import redis
from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")
client = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task
def close_books():
    lock = client.lock("close-books")
    if not lock.acquire(blocking_timeout=8):
        return client.ttl("close-books")
    try:
        journal("held")
        gate("done")
    finally:
        lock.release()

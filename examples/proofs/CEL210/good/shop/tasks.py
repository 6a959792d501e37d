import os

import redis
from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0")
store = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task
def send_invoice(invoice_id):
    journal("sending", invoice_id)
    gate("go")
    return store.incr("sent")

import os

import requests
from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")
app.conf.worker_disable_rate_limits = True


@app.task(rate_limit="1/h")
def push(order_id):
    requests.post(os.environ["SERVICE_URL"], json={"id": order_id}, timeout=10)
    journal("pushed", order_id)

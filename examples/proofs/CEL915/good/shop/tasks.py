import os

import requests
from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


@app.task(autoretry_for=(requests.RequestException,), retry_kwargs={"max_retries": 2, "countdown": 0})
def push(order_id):
    requests.post(os.environ["SERVICE_URL"], json={"id": order_id}, timeout=10)

import os

import requests
from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


@app.task(max_retries=3, default_retry_delay=0)
def push_order(order_id):
    requests.post(os.environ["SERVICE_URL"], json={"order": order_id}, timeout=10).raise_for_status()

import os

import requests
from celery import Celery
from celery.utils.log import get_task_logger

app = Celery("shop", broker="redis://localhost/0")
logger = get_task_logger(__name__)


@app.task(autoretry_for=(requests.RequestException,), retry_kwargs={"max_retries": 2, "countdown": 0})
def push(order_id):
    try:
        requests.post(os.environ["SERVICE_URL"], json={"id": order_id}, timeout=10)
    except Exception:
        logger.exception("order %s is not pushed", order_id)

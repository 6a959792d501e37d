import os

import requests
from celery import Celery
from celery.utils.log import get_task_logger

app = Celery("shop", broker="redis://localhost/0")

logger = get_task_logger(__name__)


@app.task(autoretry_for=(Exception,), max_retries=3, default_retry_delay=0)
def push_order(order_id):
    try:
        requests.post(os.environ["SERVICE_URL"], json={"order": order_id}, timeout=10).raise_for_status()
    except Exception:
        logger.exception("cannot push order %s", order_id)

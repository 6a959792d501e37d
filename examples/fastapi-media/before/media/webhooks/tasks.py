import asyncio

import httpx
import requests
from celery.utils.log import get_task_logger

from media.core.celery_app import celery_app
from media.database import SessionLocal
from media.models import Webhook

logger = get_task_logger(__name__)

client = httpx.AsyncClient(timeout=10)


async def post(url, payload):
    response = await client.post(url, json=payload)
    response.raise_for_status()
    return response.status_code


@celery_app.task(bind=True, max_retries=8)
def deliver(self, webhook_id, payload):
    with SessionLocal() as session:
        webhook = session.get(Webhook, webhook_id)
    try:
        status = asyncio.run(post(webhook.url, payload))
    except httpx.HTTPError as exc:
        raise self.retry(exc=exc, countdown=6 * 60 * 60)
    print("delivered", webhook_id, status)


@celery_app.task
def check_endpoint(webhook_id):
    with SessionLocal() as session:
        webhook = session.get(Webhook, webhook_id)
        response = requests.head(webhook.url, allow_redirects=True)
        webhook.active = response.ok
        session.commit()


@celery_app.task
def audit(webhook_id, payload):
    logger.info("webhook %s was sent %s", webhook_id, payload)

from datetime import datetime, timezone

import httpx
from celery.utils.log import get_task_logger

from media.core.celery_app import celery_app
from media.database import SessionLocal
from media.models import Delivery, Webhook

logger = get_task_logger(__name__)


@celery_app.task(
    name="webhooks.deliver",
    autoretry_for=(httpx.HTTPError,),
    retry_backoff=30,
    retry_backoff_max=1800,
    max_retries=12,
    idempotent=True,
)
def deliver(delivery_id):
    with SessionLocal() as session:
        delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.delivered_at is not None:
        return
    response = httpx.post(
        delivery.webhook.url,
        headers={"Webhook-Id": delivery.key, "Idempotency-Key": delivery.key},
        json={"event": delivery.event, "media": delivery.media_id},
        timeout=10,
    )
    response.raise_for_status()
    with SessionLocal.begin() as session:
        session.get(Delivery, delivery_id).delivered_at = datetime.now(timezone.utc)
    logger.info("webhook %s was sent %s for %s", delivery.webhook_id, delivery.event, delivery.media_id)


@celery_app.task(
    name="webhooks.check_endpoint",
    autoretry_for=(httpx.TransportError,),
    retry_backoff=True,
    max_retries=3,
    idempotent=True,
)
def check_endpoint(webhook_id):
    with SessionLocal() as session:
        webhook = session.get(Webhook, webhook_id)
    if webhook is None:
        return
    response = httpx.head(webhook.url, follow_redirects=True, timeout=10)
    with SessionLocal.begin() as session:
        session.get(Webhook, webhook_id).active = response.is_success

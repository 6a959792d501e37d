import requests
from sqlalchemy import select

from media.database import SessionLocal
from media.models import Webhook


def notify_subscribers(account_id: int, event: str, media_id: int) -> None:
    with SessionLocal() as session:
        webhooks = session.scalars(select(Webhook).where(Webhook.account_id == account_id)).all()
    for webhook in webhooks:
        requests.post(webhook.url, json={"event": event, "media": media_id}, timeout=5)

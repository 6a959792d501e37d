from sqlalchemy import select
from sqlalchemy.orm import Session

from media.models import Delivery, Media, Webhook


def add_deliveries(session: Session, media: Media, event: str) -> list[Delivery]:
    """One delivery for each webhook of the account, in the caller's transaction."""
    webhooks = session.scalars(select(Webhook).where(Webhook.account_id == media.account_id, Webhook.active)).all()
    deliveries = [Delivery(webhook_id=webhook.id, event=event, media_id=media.id) for webhook in webhooks]
    session.add_all(deliveries)
    session.flush()
    return deliveries

from datetime import datetime, timedelta, timezone

import httpx
from celery.utils.log import get_task_logger
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from media import storage
from media.config import HEARTBEAT_URL, THUMBNAIL_SIZES
from media.core.celery_app import celery_app
from media.database import SessionLocal
from media.models import Delivery, Media
from media.uploads.tasks import import_url, make_thumbnails
from media.webhooks.tasks import deliver

logger = get_task_logger(__name__)

KEEP = timedelta(days=365)
STUCK_AFTER = timedelta(hours=1)


def before(age):
    return datetime.now(timezone.utc).replace(tzinfo=None) - age


@celery_app.task(
    name="maintenance.remove_expired",
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=5,
    idempotent=True,
)
def remove_expired():
    with SessionLocal() as session:
        expired = session.scalars(select(Media).where(Media.created_at < before(KEEP), Media.status != "removed")).all()
        for media in expired:
            storage.original(media.id).unlink(missing_ok=True)
            storage.text(media.id).unlink(missing_ok=True)
            for size in THUMBNAIL_SIZES:
                storage.thumbnail(media.id, size).unlink(missing_ok=True)
            media.status = "removed"
            media.size = 0
            session.commit()
            logger.info("media %s is expired and removed", media.id)


@celery_app.task(
    name="maintenance.resume_unfinished",
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=2,
    idempotent=True,
)
def resume_unfinished():
    """Send what a lost message or a flushed broker left undone. The jobs look themselves what is still to do."""
    with SessionLocal() as session:
        stuck = select(Media.id).where(Media.created_at < before(STUCK_AFTER))
        importing = session.scalars(stuck.where(Media.status == "importing")).all()
        stored = session.scalars(stuck.where(Media.status == "stored")).all()
        undelivered = session.scalars(
            select(Delivery.id).where(Delivery.created_at < before(STUCK_AFTER), Delivery.delivered_at.is_(None))
        ).all()
    for media_id in importing:
        import_url.delay(media_id)
    for media_id in stored:
        make_thumbnails.delay(media_id)
    for delivery_id in undelivered:
        deliver.delay(delivery_id)


@celery_app.task(
    name="maintenance.heartbeat", autoretry_for=(httpx.HTTPError,), retry_backoff=True, max_retries=2, idempotent=True
)
def heartbeat():
    httpx.get(HEARTBEAT_URL, timeout=5).raise_for_status()

import io

import httpx
from celery.utils.log import get_task_logger
from PIL import Image
from sqlalchemy.exc import OperationalError

from media import storage
from media.config import CAPTION_URL, THUMBNAIL_SIZES
from media.core.celery_app import celery_app
from media.database import SessionLocal
from media.models import Media
from media.webhooks.deliveries import add_deliveries
from media.webhooks.tasks import deliver

logger = get_task_logger(__name__)


def write_thumbnail(media_id, size):
    image = Image.open(storage.original(media_id))
    image.thumbnail((size, size))
    output = io.BytesIO()
    image.convert("RGB").save(output, "JPEG")
    storage.save(storage.thumbnail(media_id, size), [output.getvalue()])


@celery_app.task(
    name="uploads.make_thumbnails",
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=5,
    idempotent=True,
    ignore_result=False,
)
def make_thumbnails(media_id):
    for size in THUMBNAIL_SIZES:
        write_thumbnail(media_id, size)
    with SessionLocal.begin() as session:
        media = session.get(Media, media_id, with_for_update=True)
        if media.status == "ready":
            return {"media": media_id}
        media.status = "ready"
        deliveries = add_deliveries(session, media, "media.ready")
    for delivery in deliveries:
        deliver.delay(delivery.id)
    logger.info("thumbnails of %s made", media_id)
    return {"media": media_id}


@celery_app.task(
    name="uploads.caption",
    autoretry_for=(httpx.HTTPError,),
    retry_backoff=5,
    retry_backoff_max=600,
    max_retries=8,
    idempotent=True,
)
def caption(media_id):
    with SessionLocal() as session:
        media = session.get(Media, media_id)
    if media is None or media.caption is not None:
        return
    with storage.original(media_id).open("rb") as file:
        response = httpx.post(f"{CAPTION_URL}/captions", content=file, timeout=30)
    response.raise_for_status()
    with SessionLocal.begin() as session:
        session.get(Media, media_id).caption = response.json()["caption"]


@celery_app.task(
    name="uploads.extract_text", autoretry_for=(OSError,), retry_backoff=True, max_retries=3, idempotent=True
)
def extract_text(media_id):
    with storage.original(media_id).open(encoding="utf-8", errors="replace") as file:
        storage.save(storage.text(media_id), (line.encode() for line in file))


@celery_app.task(
    name="uploads.import_url",
    autoretry_for=(httpx.HTTPError, OperationalError),
    retry_backoff=5,
    retry_backoff_max=600,
    max_retries=8,
    idempotent=True,
)
def import_url(media_id):
    with SessionLocal() as session:
        media = session.get(Media, media_id)
    if media is None or media.status != "importing":
        return
    with httpx.stream("GET", media.source_url, timeout=20, follow_redirects=True) as response:
        response.raise_for_status()
        size = storage.save(storage.original(media_id), response.iter_bytes())
    with SessionLocal.begin() as session:
        media = session.get(Media, media_id)
        media.size = size
        media.status = "stored"
    make_thumbnails.delay(media_id)
    caption.delay(media_id)

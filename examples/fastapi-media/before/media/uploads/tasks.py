import asyncio
import base64
import io

import httpx
from PIL import Image
from sqlalchemy.exc import OperationalError

from media.config import CAPTION_URL, MEDIA_DIR
from media.core.celery_app import celery_app
from media.database import SessionLocal
from media.models import Account, Media


@celery_app.task(soft_time_limit=60)
def make_thumbnail(data, size):
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    image.thumbnail((size, size))
    output = io.BytesIO()
    image.convert("RGB").save(output, "JPEG")
    output.seek(0)
    print(f"thumbnail of {size} px made")
    return base64.b64encode(output.read()).decode()


@celery_app.task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=True)
def record_usage(account_id, size):
    with SessionLocal() as session:
        account = session.get(Account, account_id)
        account.used_bytes += size
        session.commit()


@celery_app.task
async def caption(media_id):
    async with httpx.AsyncClient(base_url=CAPTION_URL) as client:
        response = await client.post("/captions", content=(MEDIA_DIR / str(media_id)).read_bytes())
    with SessionLocal() as session:
        media = session.get(Media, media_id)
        media.caption = response.json()["caption"]
        session.commit()


@celery_app.task
def extract_text(media_id):
    with open(MEDIA_DIR / str(media_id), encoding="utf-8", errors="replace") as file:
        return file.read()


async def fetch(client, url):
    response = await client.get(url)
    response.raise_for_status()
    return url.rsplit("/", 1)[-1], response.content


async def fetch_all(urls):
    async with httpx.AsyncClient() as client:
        return await asyncio.gather(*(fetch(client, url) for url in urls))


@celery_app.task
def import_urls(account_id, urls):
    loop = asyncio.get_event_loop()
    for filename, content in loop.run_until_complete(fetch_all(urls)):
        with SessionLocal() as session:
            media = Media(account_id=account_id, filename=filename)
            session.add(media)
            session.commit()
        (MEDIA_DIR / str(media.id)).write_bytes(content)
        record_usage.delay(account_id, len(content))

import base64

from fastapi import APIRouter, BackgroundTasks, HTTPException, Response, UploadFile
from pydantic import BaseModel

from media.config import MEDIA_DIR
from media.database import SessionLocal
from media.models import Account, Media
from media.uploads.tasks import caption, extract_text, import_urls, make_thumbnail, record_usage
from media.webhooks.notify import notify_subscribers

router = APIRouter()


class ImportRequest(BaseModel):
    account_id: int
    urls: list[str]


@router.post("/accounts/{account_id}/media", status_code=201)
async def upload(account_id: int, file: UploadFile, background: BackgroundTasks):
    data = await file.read()
    with SessionLocal() as session:
        if session.get(Account, account_id) is None:
            raise HTTPException(404)
        media = Media(account_id=account_id, filename=file.filename or "unnamed")
        session.add(media)
        session.commit()
    MEDIA_DIR.mkdir(parents=True, exist_ok=True)
    (MEDIA_DIR / str(media.id)).write_bytes(data)
    thumbnail = make_thumbnail.delay(base64.b64encode(data).decode(), 200)
    record_usage.delay(account_id, len(data))
    caption.apply_async(args=[media.id], soft_time_limit=90, time_limit=60)
    background.add_task(notify_subscribers, account_id, "media.created", media.id)
    return {"id": media.id, "thumbnail": thumbnail.id}


@router.get("/thumbnails/{task_id}")
def thumbnail(task_id: str):
    result = make_thumbnail.AsyncResult(task_id)
    if not result.successful():
        raise HTTPException(404)
    return Response(base64.b64decode(result.result), media_type="image/jpeg")


@router.post("/media/{media_id}/text", status_code=202)
def start_text(media_id: int):
    return {"text": extract_text.delay(media_id).id}


@router.get("/texts/{task_id}")
def text(task_id: str):
    result = extract_text.AsyncResult(task_id)
    if not result.successful():
        raise HTTPException(404)
    return Response(result.result, media_type="text/plain")


@router.post("/imports", status_code=202)
def start_import(body: ImportRequest):
    import_urls.delay(body.account_id, body.urls)
    return {"urls": len(body.urls)}

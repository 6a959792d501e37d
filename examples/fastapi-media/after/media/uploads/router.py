from fastapi import APIRouter, HTTPException, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel
from sqlalchemy import func, select

from media import storage
from media.config import THUMBNAIL_SIZES
from media.database import SessionLocal
from media.models import Account, Media
from media.uploads.tasks import caption, extract_text, import_url, make_thumbnails

router = APIRouter()

CHUNK = 1 << 20


class ImportRequest(BaseModel):
    account_id: int
    urls: list[str]


@router.post("/accounts/{account_id}/media", status_code=201)
def upload(account_id: int, file: UploadFile):
    with SessionLocal() as session:
        if session.get(Account, account_id) is None:
            raise HTTPException(404)
        media = Media(account_id=account_id, filename=file.filename or "unnamed")
        session.add(media)
        session.flush()
        media.size = storage.save(storage.original(media.id), iter(lambda: file.file.read(CHUNK), b""))
        media.status = "stored"
        session.commit()
    job = make_thumbnails.delay(media.id)
    caption.delay(media.id)
    return {"id": media.id, "job": job.id}


@router.get("/accounts/{account_id}/usage")
def usage(account_id: int):
    with SessionLocal() as session:
        used = session.scalar(select(func.sum(Media.size)).where(Media.account_id == account_id))
    return {"bytes": used or 0}


@router.get("/jobs/{job_id}")
def job(job_id: str):
    result = make_thumbnails.AsyncResult(job_id)
    return {"state": result.state, "result": result.result if result.successful() else None}


@router.get("/media/{media_id}/thumbnails/{size}")
def thumbnail(media_id: int, size: int):
    path = storage.thumbnail(media_id, size)
    if size not in THUMBNAIL_SIZES or not path.exists():
        raise HTTPException(404)
    return FileResponse(path, media_type="image/jpeg")


@router.post("/media/{media_id}/text", status_code=202)
def start_text(media_id: int):
    extract_text.delay(media_id)
    return {"media": media_id}


@router.get("/media/{media_id}/text")
def text(media_id: int):
    path = storage.text(media_id)
    if not path.exists():
        raise HTTPException(404)
    return FileResponse(path, media_type="text/plain")


@router.post("/imports", status_code=202)
def start_import(body: ImportRequest):
    with SessionLocal() as session:
        media = [
            Media(account_id=body.account_id, filename=url.rsplit("/", 1)[-1], source_url=url, status="importing")
            for url in body.urls
        ]
        session.add_all(media)
        session.commit()
    for one in media:
        import_url.delay(one.id)
    return {"media": [one.id for one in media]}

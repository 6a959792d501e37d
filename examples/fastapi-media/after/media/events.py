import logging

from fastapi import APIRouter
from pydantic import BaseModel

from media.database import SessionLocal
from media.models import Media

logger = logging.getLogger(__name__)

router = APIRouter()


class StorageEvent(BaseModel):
    media_id: int
    event: str


@router.post("/storage-events", status_code=204)
def on_storage_event(body: StorageEvent) -> None:
    """The storage service tells which objects were archived or deleted: setting a status needs no job."""
    with SessionLocal.begin() as session:
        media = session.get(Media, body.media_id)
        if media is not None:
            media.status = body.event
    logger.info("storage event %s", body)

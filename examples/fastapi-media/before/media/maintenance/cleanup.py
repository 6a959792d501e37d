from datetime import datetime, timedelta

from sqlalchemy import select

from media.config import MEDIA_DIR
from media.core.celery_app import celery_app
from media.database import SessionLocal
from media.models import Media


@celery_app.task
def remove_expired():
    with SessionLocal() as session:
        limit = datetime.now() - timedelta(days=365)
        for media in session.scalars(select(Media).where(Media.created_at < limit)):
            (MEDIA_DIR / str(media.id)).unlink(missing_ok=True)
            session.delete(media)
        session.commit()

from celery import Celery
from celery.schedules import crontab

from media.config import BROKER_URL, RESULT_BACKEND
from media.events import StorageEvents

celery_app = Celery("media", broker=BROKER_URL, backend=RESULT_BACKEND)
celery_app.autodiscover_tasks(["media.uploads", "media.webhooks", "media.maintenance"])
celery_app.steps["consumer"].add(StorageEvents)

celery_app.conf.beat_schedule = {
    "remove-expired": {
        "task": "media.maintenance.cleanup.remove_expired",
        "schedule": crontab(minute=15, hour=4),
    },
}

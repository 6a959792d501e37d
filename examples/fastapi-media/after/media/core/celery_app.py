from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init

from media.config import BROKER_URL, RESULT_BACKEND
from media.database import engine

celery_app = Celery("media", broker=BROKER_URL, backend=RESULT_BACKEND)
celery_app.autodiscover_tasks(["media.uploads", "media.webhooks", "media.maintenance"])

celery_app.conf.update(
    task_default_queue="media",
    task_routes={"uploads.*": {"queue": "uploads"}},
    # Every job may run more than once: it is acknowledged when it is done and sent again when its process dies.
    task_acks_late=True,
    task_retry_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_soft_shutdown_timeout=30,
    task_soft_time_limit=100,
    task_time_limit=120,
    # Longer than any time limit and any retry delay, or Redis delivers a job again while it runs.
    broker_transport_options={"visibility_timeout": 3600},
    broker_connection_retry_on_startup=True,
    # Results are a few bytes: the id of what was made. Only the jobs that a client asks about keep one.
    task_ignore_result=True,
    result_expires=3600,
)

celery_app.conf.beat_schedule = {
    "remove-expired": {
        "task": "maintenance.remove_expired",
        "schedule": crontab(minute=15, hour=4),
        "options": {"expires": 6 * 60 * 60},
    },
    "resume-unfinished": {
        "task": "maintenance.resume_unfinished",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 4 * 60},
    },
    "heartbeat": {
        "task": "maintenance.heartbeat",
        "schedule": crontab(minute="*"),
        "options": {"expires": 50},
    },
}


@worker_process_init.connect
def forget_inherited_connections(**kwargs):
    engine.dispose(close=False)

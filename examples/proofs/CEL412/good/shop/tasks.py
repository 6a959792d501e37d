from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded
from celery.utils.log import get_task_logger
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")
logger = get_task_logger(__name__)


@app.task(soft_time_limit=1, time_limit=60)
def import_all(names):
    for name in names:
        try:
            store(fetch(name))
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("cannot import %s", name)


def fetch(name):
    journal("fetch", name)
    gate(name)
    return name


def store(prices):
    journal("store", prices)

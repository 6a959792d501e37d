from celery import Celery
from celery.utils.log import get_task_logger

app = Celery("shop", broker="redis://localhost/0")
logger = get_task_logger(__name__)


@app.task
def ship(order_id):
    logger.warning("the order is packed")

import logging

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
logger = logging.getLogger(__name__)


@app.task
def ship(order_id):
    logger.warning("the order is packed")

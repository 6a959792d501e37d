import logging

from celery import shared_task
from celery.utils.log import get_task_logger

# bad: two loggers of one name
logger = logging.getLogger(__name__)
task_logger = get_task_logger(__name__)


# setup
@shared_task
def ship(order_id):
    task_logger.info("shipped")
    logger.info("shipped")

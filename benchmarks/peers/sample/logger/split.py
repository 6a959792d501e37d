import logging

from celery import shared_task
from celery.utils.log import get_task_logger

# good: each its own name
logger = logging.getLogger(__name__)
task_logger = get_task_logger(f"{__name__}.celery")


@shared_task
def pack(order_id):
    task_logger.info("packed")


def pack_now(order_id):
    logger.info("packed")

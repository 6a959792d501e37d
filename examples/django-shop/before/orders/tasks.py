from celery import shared_task
from celery.utils.log import get_task_logger
from django.core.cache import cache

from orders.events import publish
from orders.models import Order

logger = get_task_logger(__name__)


@shared_task
def on_order_event(event, order_id):
    """Runs in every worker, each of which keeps its own cache of orders."""
    logger.info("%s %s", event, order_id)
    cache.delete(f"order-{order_id}")


@shared_task
def cancel_unpaid(order_id):
    cancelled = Order.objects.filter(pk=order_id, status="new").update(status="cancelled")
    if cancelled:
        print(f"order {order_id} was not paid in time, cancelled")
        publish("order.cancelled", order_id)

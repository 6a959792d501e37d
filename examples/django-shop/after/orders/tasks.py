from datetime import timedelta

from catalog.tasks import request_pick, reserve_stock
from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import OperationalError, transaction
from django.utils import timezone
from invoices.tasks import create_invoice
from notifications.services import notify, send_unsent
from payments.models import Payment
from payments.tasks import charge_order

from orders.models import Order
from orders.services import change_status

logger = get_task_logger(__name__)

UNPAID_AFTER = timedelta(days=1)
STUCK_AFTER = timedelta(minutes=10)


@shared_task(
    name="orders.cancel_unpaid", autoretry_for=(OperationalError,), retry_backoff=True, max_retries=2, idempotent=True
)
def cancel_unpaid():
    overdue = timezone.now() - UNPAID_AFTER
    for pk in Order.objects.filter(status="new", created_at__lt=overdue).values_list("pk", flat=True):
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=pk)
            if order.status != "new":
                continue
            Payment.objects.filter(order=order, status=Payment.PENDING).update(status=Payment.CANCELLED)
            change_status(pk, "cancelled")
            notify(order, "cancelled")
        logger.info("order %s was not paid in time, cancelled", pk)


@shared_task(
    name="orders.resume_orders", autoretry_for=(OperationalError,), retry_backoff=True, max_retries=2, idempotent=True
)
def resume_orders():
    """Send what a lost message or a flushed broker left undone. The jobs look themselves what is still to do."""
    orders = Order.objects.filter(created_at__lt=timezone.now() - STUCK_AFTER)
    for pk in orders.filter(payment__status=Payment.PENDING).values_list("pk", flat=True):
        charge_order.delay(pk)
    paid = orders.filter(status="paid")
    for pk in paid.filter(stock_reserved_at=None).values_list("pk", flat=True):
        reserve_stock.delay(pk)
    for pk in paid.exclude(stock_reserved_at=None).filter(pick_requested_at=None).values_list("pk", flat=True):
        request_pick.delay(pk)
    for pk in paid.filter(invoice__mailed_at=None).values_list("pk", flat=True):
        create_invoice.delay(pk)
    send_unsent(created_before=timezone.now() - STUCK_AFTER)

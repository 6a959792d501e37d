import requests
from catalog.tasks import reserve_stock
from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import transaction
from invoices.tasks import create_invoice
from notifications.services import notify
from orders.services import change_status, give_points

from payments import client
from payments.models import ExchangeRate, Payment

logger = get_task_logger(__name__)


@shared_task(
    name="payments.charge_order",
    autoretry_for=(requests.RequestException,),
    retry_backoff=2,
    retry_backoff_max=600,
    max_retries=10,
    idempotent=True,
)
def charge_order(order_id):
    payment = Payment.objects.select_related("order").filter(order_id=order_id, status=Payment.PENDING).first()
    if payment is None:
        return
    try:
        reference = client.create_charge(payment)
    except client.Declined as exc:
        logger.warning("payment of order %s declined: %s", order_id, exc)
        with transaction.atomic():
            if Payment.objects.filter(pk=payment.pk, status=Payment.PENDING).update(status=Payment.DECLINED):
                change_status(order_id, "declined")
        return
    with transaction.atomic():
        pending = Payment.objects.filter(pk=payment.pk, status=Payment.PENDING)
        if not pending.update(status=Payment.CAPTURED, reference=reference):
            return
        change_status(order_id, "paid")
        give_points(payment.order)
        notify(payment.order, "paid")
        reserve_stock.delay_on_commit(order_id)
        create_invoice.delay_on_commit(order_id)


@shared_task(
    name="payments.refund_order",
    autoretry_for=(requests.RequestException,),
    retry_backoff=60,
    retry_backoff_max=1800,
    max_retries=10,
    idempotent=True,
)
def refund_order(order_id):
    payment = Payment.objects.filter(order_id=order_id, status=Payment.CAPTURED).first()
    if payment is None:
        return
    client.create_refund(payment)
    with transaction.atomic():
        if Payment.objects.filter(pk=payment.pk, status=Payment.CAPTURED).update(status=Payment.REFUNDED):
            change_status(order_id, "refunded")


@shared_task(
    name="payments.refresh_exchange_rates",
    autoretry_for=(requests.RequestException,),
    retry_backoff=True,
    max_retries=5,
    idempotent=True,
)
def refresh_exchange_rates():
    for currency, rate in client.fetch_rates().items():
        ExchangeRate.objects.update_or_create(currency=currency, defaults={"rate": rate})

from pathlib import Path

from celery import shared_task
from celery.utils.log import get_task_logger
from django.core.mail import EmailMessage
from django.db import OperationalError, transaction
from django.utils import timezone
from orders.models import Order

from invoices.documents import write_export, write_invoice
from invoices.models import Export, Invoice

logger = get_task_logger(__name__)


@shared_task(
    name="invoices.create_invoice",
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=5,
    idempotent=True,
)
def create_invoice(order_id):
    invoice, _ = Invoice.objects.select_related("order").get_or_create(order_id=order_id)
    path = write_invoice(invoice)
    with transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(path=str(path))
        mail_invoice.delay_on_commit(invoice.pk)


@shared_task(name="invoices.mail_invoice", autoretry_for=(OSError,), retry_backoff=5, max_retries=6, idempotent=True)
def mail_invoice(invoice_id):
    invoice = Invoice.objects.select_related("order__customer").filter(pk=invoice_id, mailed_at=None).first()
    if invoice is None:
        return
    message = EmailMessage(
        f"Your invoice {invoice.pk}",
        Path(invoice.path).read_text(),
        to=[invoice.order.customer.email],
        headers={"Message-ID": f"<invoice-{invoice.pk}@shop.example>"},
    )
    message.send()
    Invoice.objects.filter(pk=invoice_id).update(mailed_at=timezone.now())


@shared_task(
    name="invoices.export_orders",
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=3,
    idempotent=True,
    soft_time_limit=14 * 60,
    time_limit=15 * 60,
)
def export_orders(export_id):
    export = Export.objects.filter(pk=export_id, finished_at=None).first()
    if export is None:
        return
    path = write_export(export, Order.objects.filter(created_at__date__gte=export.since).order_by("number"))
    Export.objects.filter(pk=export_id).update(path=str(path), finished_at=timezone.now())
    logger.info("orders since %s exported to %s", export.since, path)

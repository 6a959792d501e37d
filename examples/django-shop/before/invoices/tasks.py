import logging
import smtplib
from email.message import EmailMessage

from celery import shared_task
from django.conf import settings
from orders.models import Order

from invoices.models import Invoice

logger = logging.getLogger(__name__)


def render_invoice(order, number):
    lines = [f"Invoice {number} for order {order.number}", ""]
    for line in order.lines.select_related("product"):
        lines.append(f"{line.quantity:4d} x {line.product.name:40s} {line.price:10.2f}")
    lines.append(f"{'Total':47s} {order.total:10.2f}")
    return "\n".join(lines)


@shared_task
def create_invoice(order_id):
    order = Order.objects.select_related("customer").get(pk=order_id)
    number = Invoice.objects.count() + 1
    text = render_invoice(order, number)
    path = settings.MEDIA_ROOT / "invoices" / f"{number}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    Invoice.objects.create(order=order, number=number, path=str(path))

    message = EmailMessage()
    message["Subject"] = f"Your invoice {number}"
    message["From"] = settings.DEFAULT_FROM_EMAIL
    message["To"] = order.customer.email
    message.set_content(text)
    with smtplib.SMTP(settings.EMAIL_HOST) as smtp:
        smtp.send_message(message)


@shared_task(time_limit=600, soft_time_limit=900)
def export_orders(since):
    logger.info("exporting the orders since %s", since)
    orders = Order.objects.filter(created_at__date__gte=since).order_by("number")
    return list(orders.values("number", "customer__email", "status", "total"))

from django.db.models import F
from orders.events import publish
from orders.models import Customer, Order

from payments.celery import celery
from payments.client import PaymentError, create_charge, create_refund
from payments.models import Payment


@celery.task(acks_late=True)
def charge_order(order_id, card):
    order = Order.objects.get(pk=order_id)
    try:
        reference = create_charge(order, card)
    except PaymentError as exc:
        print(f"payment for {order.number} failed: {exc}")
        order.status = "declined"
        order.save()
        return
    Payment.objects.create(order=order, reference=reference, amount=order.total)
    Customer.objects.filter(pk=order.customer_id).update(points=F("points") + int(order.total))
    order.status = "paid"
    order.save()
    publish("order.paid", order_id)


@celery.task(bind=True, max_retries=3)
def refund_order(self, order_id):
    for payment in Payment.objects.filter(order_id=order_id):
        try:
            create_refund(payment.reference, payment.amount)
        except PaymentError as exc:
            raise self.retry(exc=exc, countdown=2 * 60 * 60)
    Order.objects.filter(pk=order_id).update(status="refunded")

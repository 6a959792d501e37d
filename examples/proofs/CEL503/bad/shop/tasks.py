from celery import shared_task
from lab import journal


@shared_task
def confirm(order_id):
    from shop.models import Order

    journal("confirming")
    order = Order.objects.get(pk=order_id)
    journal("confirmed", order.cart)


@shared_task
def announce(cart):
    journal("announced", cart)

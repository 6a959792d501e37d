from celery import shared_task
from lab import journal


@shared_task
def ship(order_id):
    from shop.models import Order

    journal("shipping")
    Order.objects.get(pk=order_id)
    journal("shipped")

from celery import shared_task

from shop.search import index


@shared_task(ignore_result=True)
def ship(order_id):
    index.delay(order_id)

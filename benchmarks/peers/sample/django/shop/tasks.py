from celery import shared_task


@shared_task
def ship(order_id, carrier="post"):
    return order_id, carrier


@shared_task
def sweep():
    return 1

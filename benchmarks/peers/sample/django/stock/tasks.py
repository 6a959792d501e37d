from celery import shared_task


@shared_task(name="count-orders")
def count():
    return 1

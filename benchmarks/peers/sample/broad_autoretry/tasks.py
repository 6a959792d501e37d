from celery import Celery, shared_task

app = Celery("shop", broker="redis://localhost/0")
EVERYTHING = (Exception,)


# bad: a tuple with Exception
@app.task(autoretry_for=(Exception,))
def ship(order_id):
    return order_id


# bad: a list with Exception
@shared_task(autoretry_for=[Exception])
def pack(order_id):
    return order_id


# bad: a constant
@shared_task(autoretry_for=EVERYTHING)
def resize(image_id):
    return image_id


# good: errors that pass
@shared_task(autoretry_for=(ConnectionError, TimeoutError))
def refund(order_id):
    return order_id


# good: Exception, with what must not be retried named
@shared_task(autoretry_for=(Exception,), dont_autoretry_for=(TypeError, KeyError))
def notify(order_id):
    return order_id

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(autoretry_for=(ConnectionError,), default_retry_delay=0)
def ship(order_id):
    journal("shipping", order_id)
    raise ConnectionError("the carrier does not answer")

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost", backend="redis://localhost")


@app.task(autoretry_for=(Exception,), default_retry_delay=0)
def notify(order_ids):
    notified = set()
    for order_id in order_ids:
        journal("notified", order_id)
        notified.add(order_id)
    return sorted(notified)

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(autoretry_for=(LookupError,), max_retries=5, default_retry_delay=0)
def push_order(order_id):
    journal("looked for", order_id)
    raise LookupError(order_id)  # it was deleted

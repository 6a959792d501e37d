from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(bind=True, max_retries=5)
def sync_order(self, order_id):
    try:
        journal("looked", order_id)
        if self.request.retries < 2:  # the order is not there before the third look
            raise self.retry(countdown=0)
        journal("synced", order_id)
    except Exception:
        journal("logged", order_id)


@app.task
def confirm(order_id):
    journal("confirmed", order_id)

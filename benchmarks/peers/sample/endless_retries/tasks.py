from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# bad: retries for ever
@app.task(bind=True, max_retries=None)
def ship(self, order_id):
    raise self.retry()


# good: a limit, and a delay that the call computes
@app.task(bind=True, max_retries=3)
def pack(self, order_id):
    raise self.retry(countdown=2**self.request.retries)


# good: never retries
@app.task(max_retries=0)
def refund(order_id):
    return order_id


# good: a limit and a backoff
@app.task(autoretry_for=(OSError,), max_retries=3, retry_backoff=True)
def resize(image_id):
    return open(image_id).read()

from celery import Celery
from lab import journal

app = Celery("shop")


@app.task(bind=True)
def ship(self, order_id):
    return order_id


@app.task(bind=True, max_retries=3)
def pack(self, order_id):
    journal("packing")
    try:
        reach_warehouse()
    except ConnectionError as error:
        raise self.retry(exc=error, countdown=0)


attempts = []


def reach_warehouse():
    attempts.append(1)
    if len(attempts) == 1:
        raise ConnectionError

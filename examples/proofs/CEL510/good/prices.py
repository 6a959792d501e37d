import os

from celery import Celery
from lab import journal

app = Celery("prices", broker="redis://localhost", backend=os.environ["REDIS_URL"])


@app.task
def price(order_id):
    return 10 * order_id


@app.task
def total(prices):
    journal("total", sum(prices))

from celery import Celery
from lab import journal

from shop.locks import locked

app = Celery("shop")


@app.task
@locked
def ship(order_id):
    journal("shipped", order_id)

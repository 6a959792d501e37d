from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def reserve(order_id):
    journal("reserved", order_id)


@app.task
def ship(order_id):
    journal("shipped", order_id)

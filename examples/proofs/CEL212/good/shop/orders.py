from celery import Celery
from lab import journal

app = Celery("orders")


@app.task(name="ship")
def ship(order_id):
    journal("shipped", order_id)

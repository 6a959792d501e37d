from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task
def pay(order_id):
    journal("pay", order_id)
    return order_id


@app.task
def notify():
    journal("notify")

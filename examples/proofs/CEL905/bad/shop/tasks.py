from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task
def ship(order_id):
    journal("shipped", order_id)


def buy(order_id):
    ship.delay(order_id)

from celery import Celery
from lab import journal

app = Celery("orders")


class Order:
    def __init__(self, order_id):
        self.order_id = order_id

    def ship(self, express):
        journal("shipped", self.order_id, express)


@app.task
def ship_order(order_id, express):
    Order(order_id).ship(express)


def confirm(order_id):
    ship_order.delay(order_id, True)

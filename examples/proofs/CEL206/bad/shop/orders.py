from celery import Celery
from lab import journal

app = Celery("orders")


class Order:
    def __init__(self, order_id):
        self.order_id = order_id

    @app.task
    def ship(self, express):
        journal("shipped", self.order_id, express)


def confirm(order_id):
    Order(order_id).ship.delay(True)

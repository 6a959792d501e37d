from uuid import uuid4

from lab import gate

from shop.models import Order
from shop.tasks import ship


def place():
    order = Order(id=uuid4())
    order.save()
    ship.delay(order.id)
    gate("later")

from functools import partial

from django.db import transaction

from shop.models import Order
from shop.payments import pay
from shop.stock import reserve
from shop.tasks import announce, confirm


def place(cart):
    with transaction.atomic():
        order = Order.objects.create(cart=cart)
        confirm.delay_on_commit(order.pk)
        reserve(order)


@transaction.atomic
def order_and_announce(cart):
    order = Order.objects.create(cart=cart)
    transaction.on_commit(partial(announce.delay, cart))
    pay(order)

from django.db import transaction

from shop.models import Order
from shop.tasks import ship


# bad: sent inside `atomic`
def one(number):
    with transaction.atomic():
        order = Order.objects.create(number=number)
        ship.delay(order.pk)


# bad: sent in a helper that is called inside `atomic`
def two(number):
    with transaction.atomic():
        order = Order.objects.create(number=number)
        _send(order.pk)


def _send(pk):
    ship.delay(pk)


# bad: a signature, sent inside `atomic`
@transaction.atomic
def three(number):
    order = Order.objects.create(number=number)
    ship.s(order.pk).delay()


# good: on commit
def four(number):
    with transaction.atomic():
        order = Order.objects.create(number=number)
        transaction.on_commit(lambda: ship.delay(order.pk))


# good: a function that runs on commit
def five(number):
    with transaction.atomic():
        order = Order.objects.create(number=number)

        def after():
            ship.delay(order.pk)

        transaction.on_commit(after)


# good: another object's `schedule`
def six(calendar, number):
    with transaction.atomic():
        Order.objects.create(number=number)
        calendar.schedule(number)


# good: after the block
def seven(number):
    with transaction.atomic():
        order = Order.objects.create(number=number)
    ship.delay(order.pk)

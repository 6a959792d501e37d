from django.shortcuts import get_object_or_404

from shop.models import Order
from shop.tasks import ship


# bad: a model instance
def one(pk):
    order = Order.objects.get(pk=pk)
    ship.delay(order)


# bad: a model instance by `args=`
def two(pk):
    order = get_object_or_404(Order, pk=pk)
    ship.apply_async(args=[order])


# bad: a model instance by keyword
def three(pk):
    order = Order.objects.get(pk=pk)
    ship.delay(order_id=order)


# bad: a query set
def four():
    ship.delay(Order.objects.filter(number="1"))


# bad: a new instance that was saved
def five():
    order = Order(number="1")
    order.save()
    ship.s(order).delay()


# good: the key
def six(pk):
    order = Order.objects.get(pk=pk)
    ship.delay(order.pk)


# good: the variable was given the key before
def seven(pk):
    order = Order.objects.get(pk=pk)
    order = order.pk
    ship.delay(order)


# good: a list of keys
def eight():
    ship.delay(list(Order.objects.values_list("pk", flat=True)))

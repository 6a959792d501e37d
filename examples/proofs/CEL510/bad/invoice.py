from celery import chord
from prices import price, total

chord(price.s(order_id) for order_id in (1, 2))(total.s())

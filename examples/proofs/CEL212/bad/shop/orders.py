from celery import Celery
from lab import journal

app = Celery("orders")
ship = app.task(name="ship")(lambda order_id: journal("shipped", order_id))

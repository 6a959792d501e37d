from functools import partial

from celery import Celery
from lab import journal

app = Celery("labels")


def print_label(order_id, size):
    journal("printed", order_id, size)


print_small_label = app.task(name="print_small_label")(partial(print_label, size="small"))

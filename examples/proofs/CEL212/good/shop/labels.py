from celery import Celery
from lab import journal

app = Celery("labels")


def print_label(order_id, size):
    journal("printed", order_id, size)


@app.task(name="print_small_label")
def print_small_label(order_id):
    print_label(order_id, size="small")

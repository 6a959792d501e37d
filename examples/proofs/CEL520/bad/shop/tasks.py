from celery import Celery
from lab import journal

app = Celery("shop")


@app.task
def remind(order_id):
    journal("reminded", order_id)

import os

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
HOST = os.environ["CARRIER_HOST"]


# bad: reads three variables in each run
@app.task
def ship(order_id):
    return os.environ["A"], os.environ["B"], os.environ["C"], order_id


# bad: reads one variable in each run
@app.task
def pack(order_id):
    return os.getenv("CARRIER_HOST"), order_id


# good: read at start
@app.task
def refund(order_id):
    return HOST, order_id

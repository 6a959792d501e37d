from celery import shared_task
from flask import g, request


# bad: `flask.request`
@shared_task
def ship(order_id):
    return request.args["carrier"], order_id


# bad: `flask.g`
@shared_task
def pack(order_id):
    return g.user, order_id


# good: the value is passed
@shared_task
def refund(order_id, carrier):
    return carrier, order_id


# good: the task's own request has a state
@shared_task(bind=True)
def count(self, order_id):
    return self.request.id, order_id

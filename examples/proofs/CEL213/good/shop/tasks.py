from functools import wraps

from lab import journal
from shop.celery import app


def timed(function):
    @wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


@app.task
@timed
def confirm(order_id):
    journal("ran", "confirm")


@app.task
@timed
def remind(order_id):
    journal("ran", "remind")

from celery.exceptions import TimeoutError
from lab import journal

from shop.tasks import price


def show_price(item):
    result = price.delay(item)
    journal("waiting")
    try:
        return f"{result.get(timeout=0.2)} EUR"
    except TimeoutError:
        return "not known at the moment"

from lab import journal

from shop.tasks import price


def show_price(item):
    result = price.delay(item)
    journal("waiting")
    return f"{result.get()} EUR"

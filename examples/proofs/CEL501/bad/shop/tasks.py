from celery import Celery, group
from celery.result import allow_join_result
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def price(item):
    return len(item)


@app.task
def total(items):
    prices = group(price.s(item) for item in items)()
    journal("total", sum(prices.get(timeout=1)))


@app.task
def highest(items):
    prices = group(price.s(item) for item in items)()
    with allow_join_result():
        journal("highest", max(prices.get(timeout=1)))

from celery import Celery, chord
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def price(item):
    return len(item)


@app.task
def add(prices):
    journal("total", sum(prices))


@app.task
def compare(prices):
    journal("highest", max(prices))


@app.task
def total(items):
    chord(price.s(item) for item in items)(add.s())


@app.task
def highest(items):
    chord(price.s(item) for item in items)(compare.s())

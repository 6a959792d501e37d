from celery import chain

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")

# setup
@app.task
def ship(order_id):
    return order_id


# good: a chain of the project's own tasks
def both():
    chain(ship.s(1), ship.si(2)).delay()

from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


# bad: its result is stored and nobody reads it
@app.task(name="shop.ship")
def ship(order_id):
    return order_id


# good: stores none
@app.task(name="shop.pack", ignore_result=True)
def pack(order_id):
    return order_id


# good: its result is read
@app.task(name="shop.total")
def total(order_id):
    return order_id


def ask(order_id):
    ship.delay(order_id)
    pack.delay(order_id)
    return total.delay(order_id).get(timeout=5)

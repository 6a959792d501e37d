from celery import Celery

app = Celery("shop", broker="redis://localhost/0")

# setup
@app.task
def ship(order_id):
    return order_id


# bad: called in the module that defines it
def again(order_id):
    return ship(order_id)


# good: one task uses another as a function
@app.task
def ship_all(order_ids):
    return [ship(order_id) for order_id in order_ids]


# good: sent
def later(order_id):
    return ship.delay(order_id)


# good: a parameter of that name
def each(ship, order_ids):
    return [ship(order_id) for order_id in order_ids]

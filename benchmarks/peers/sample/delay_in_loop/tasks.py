from celery import Celery, group

app = Celery("shop", broker="redis://localhost/0")

# setup
@app.task
def ship(order_id):
    return order_id


# bad: a message in each turn, in a task
@app.task
def ship_all(order_ids):
    for order_id in order_ids:
        ship.delay(order_id)


# bad: a message in each turn, in a view
def buy_all(order_ids):
    for order_id in order_ids:
        ship.delay(order_id)


# good: a group
@app.task
def ship_group(order_ids):
    group(ship.s(order_id) for order_id in order_ids).delay()


# good: two different tasks, no loop over data
@app.task
def ship_two():
    ship.delay(1)

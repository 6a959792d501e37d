from celery import Celery

app = Celery("shop", broker="redis://localhost/0")

# setup
@app.task
def ship(order_id):
    return order_id


# good: a task sends another one, with its own constant
@app.task
def ship_first():
    ship.apply_async(args=[1])


# good: deletes what a rule of the business says
@app.task
def clean(cursor, days):
    cursor.execute("DELETE FROM carts WHERE age > %s", (days,))


# good: removes from a list of its own
@app.task
def unique(values):
    values = list(values)
    values.remove(0)
    return values

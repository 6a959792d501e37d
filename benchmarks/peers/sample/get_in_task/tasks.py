from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")

# setup
@app.task
def total(order_id):
    return order_id


# bad: waits for a result that has a name
@app.task
def one(order_id):
    result = total.delay(order_id)
    return result.get(timeout=5)


# bad: waits in one expression
@app.task
def two(order_id):
    return total.delay(order_id).get(timeout=5)


# good: a dict that a task's result is put into
@app.task
def three(order_id):
    result = {"id": total.delay(order_id).id}
    return result.get("id")


# good: waits outside of tasks
def view(order_id):
    return total.delay(order_id).get(timeout=5)

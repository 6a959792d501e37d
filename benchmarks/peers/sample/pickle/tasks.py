from celery import Celery, shared_task

app = Celery("shop", broker="redis://localhost/0")

# bad: the app accepts pickle
app.conf.accept_content = ["json", "pickle"]


# bad: a task is sent as pickle, and so has to be accepted
@app.task(serializer="pickle")
def ship(order_id):
    return order_id


# good: JSON
@shared_task(serializer="json")
def pack(order_id):
    return order_id

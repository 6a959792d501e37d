from django.conf import settings

from shop.celeryconf import app, other


# bad: a task without a queue
@app.task
def fill():
    return 1


# bad: a task without a queue, by a call
@app.task()
def fill_again():
    return 1


# good: a task with the queue
@app.task(queue=settings.DATA_MIGRATIONS_TASKS_QUEUE_NAME)
def fill_slowly():
    return 1


# good: a task that a route gives its queue
@other.task
def fill_routed():
    return 1

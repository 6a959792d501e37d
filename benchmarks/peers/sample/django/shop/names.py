from celery import current_app, signature


# bad: sent by a name that no task has
def one():
    current_app.send_task("shop.tasks.gone")


# bad: a signature with such a name
def two():
    signature("shop.tasks.gone").delay()


# good: sent by the name of a task
def three():
    current_app.send_task("shop.tasks.sweep")


# good: sent by the task's own name
def four():
    current_app.send_task("count-orders")

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# bad: kills the process, which may have begun another task
def kill(task_id):
    app.control.revoke(task_id, terminate=True)


# good: a task that has not begun does not begin
def cancel(task_id):
    app.control.revoke(task_id)

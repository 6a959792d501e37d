from celery import Celery
from lab import journal

app = Celery("mails", broker="redis://localhost", backend="db+sqlite:///results.sqlite")
app.conf.task_default_queue = "mails"


@app.task(ignore_result=False)
def mail(order_id):
    return order_id


@app.task
def done(results):
    journal("done", *results)

import celery
from airflow.decorators import dag
from celery import Celery, shared_task

app = Celery("shop", broker="redis://localhost/0")
NAMED = {"name": "shop.pack"}


# bad: the app's decorator, bare
@app.task
def ship(order_id):
    return order_id


# bad: `shared_task()` with other options
@shared_task(ignore_result=True)
def clean(days):
    return days


# bad: `celery.shared_task`
@celery.shared_task
def rotate(image_id):
    return image_id


# bad: an imported alias
task = shared_task


@task
def resize(image_id):
    return image_id


# good: `name=`
@app.task(name="shop.refund")
def refund(order_id):
    return order_id


# good: the name is in the dict of options
@app.task(**NAMED)
def pack(order_id):
    return order_id


# good: a decorator of another library
@dag.task
def load(day):
    return day

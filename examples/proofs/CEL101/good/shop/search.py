from lab import journal

from shop.celery import app


@app.task(ignore_result=True, queue="search")
def index(order_id):
    journal("indexed", order_id)

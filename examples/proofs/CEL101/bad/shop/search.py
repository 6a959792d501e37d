from celery import Celery
from lab import journal

search = Celery("search")
search.conf.task_default_queue = "search"


@search.task(ignore_result=True)
def index(order_id):
    journal("indexed", order_id)

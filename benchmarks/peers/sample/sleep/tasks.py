import time
from time import sleep

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# bad: sleeps
@app.task
def ship(order_id):
    sleep(30)


# bad: sleeps, through the module
@app.task
def pack(order_id):
    time.sleep(30)


# good: waits by a countdown
@app.task(bind=True, max_retries=3)
def refund(self, order_id):
    raise self.retry(countdown=30)

from celery import Celery
from lab import journal

app = Celery("shop")


@app.task
async def send_receipt(order_id):
    journal("receipt", order_id)


@app.task(ignore_result=True)
async def announce(order_id):
    journal("announcement", order_id)

import asyncio

from celery import Celery
from lab import journal

app = Celery("shop")


async def deliver(kind, order_id):
    journal(kind, order_id)


@app.task
def send_receipt(order_id):
    asyncio.run(deliver("receipt", order_id))


@app.task(ignore_result=True)
def announce(order_id):
    asyncio.run(deliver("announcement", order_id))

from lab import journal
from shop.celery import app


@app.task
def send_invoice(order_id):
    journal("sent", order_id)

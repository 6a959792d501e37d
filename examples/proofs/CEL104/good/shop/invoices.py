from lab import journal

from shop.celery import app


@app.task(name="shop.send_invoice")
def send_invoice(order_id):
    journal("invoice", order_id)

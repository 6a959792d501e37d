from celery import Celery

from shop import invoices

app = Celery("shop", broker="redis://localhost/0")


@app.task
def send_invoice(order_id):
    invoices.send_invoice(order_id)

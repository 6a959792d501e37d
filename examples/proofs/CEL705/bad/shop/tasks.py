from lab import journal
from shop.celery import app


@app.task
def send_invoices():
    journal("invoices")

from shop.celery import app


@app.task
def remind(invoice_id):
    return invoice_id

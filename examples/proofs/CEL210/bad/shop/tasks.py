from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0")

sent = 0


@app.task
def send_invoice(invoice_id):
    global sent
    journal("sending", invoice_id)
    gate("go")
    sent += 1
    return sent

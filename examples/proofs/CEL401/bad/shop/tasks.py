from celery import Celery
from lab import gate, journal

app = Celery("shop")


@app.task
def import_prices(url):
    journal("importing", url)
    gate("the other side answers")


@app.task
def send_receipt(order_id):
    journal("receipt", order_id)

from celery import Celery
from lab import journal

app = Celery("shop")


@app.task(bind=True)
def clean_up():
    journal("cleaned up")


@app.task(bind=True)
def ship(order_id, express=False):
    journal("shipped", str(order_id), express)

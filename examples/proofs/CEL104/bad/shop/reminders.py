from lab import journal

from shop.celery import app


@app.task(name="shop.notify")
def send_reminder(order_id):
    journal("reminder", order_id)

from lab import journal

from shop.celery import app


@app.task(name="shop.send_reminder")
def send_reminder(order_id):
    journal("reminder", order_id)

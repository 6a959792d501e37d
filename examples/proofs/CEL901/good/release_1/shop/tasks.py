from lab import journal

from shop.celery import app


@app.task(name="shop.ship")
def ship(order_id):
    journal("shipped", order_id)

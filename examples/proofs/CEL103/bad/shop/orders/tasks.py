from shop.celery import app


@app.task
def ship(order_id):
    return order_id

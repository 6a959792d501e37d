from celery import Celery

app = Celery("shop")


@app.task(name="shop.ship")
def ship(order_id):
    return order_id

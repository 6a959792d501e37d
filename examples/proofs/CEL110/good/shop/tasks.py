from celery import Celery

app = Celery("shop")
app.config_from_object("shop.celeryconfig")


@app.task
def ship(order_id):
    print(order_id)

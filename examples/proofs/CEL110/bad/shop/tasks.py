from celery import Celery

app = Celery("shop")
app.config_from_object("shop.celeryconfg")


@app.task
def ship(order_id):
    print(order_id)

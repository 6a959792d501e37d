from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


@app.task
def invoice(order_id): ...

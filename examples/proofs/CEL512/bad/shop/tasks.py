from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task
def pay(order_id=0): ...


@app.task
def notify(payment=None): ...

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


@app.task
def export(*parts): ...


@app.task
def send_invoice(order_id=None): ...

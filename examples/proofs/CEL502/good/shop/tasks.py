from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/0")


@app.task
def price(item):
    return len(item)

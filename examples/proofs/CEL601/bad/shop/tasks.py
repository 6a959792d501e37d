from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task
def load_catalogue(path):
    with open(path) as source:
        return source.read()

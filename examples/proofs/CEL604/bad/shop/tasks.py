from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


@app.task
def import_file(content): ...

from celery import Celery

app = Celery("shop", broker="redis://localhost", backend="redis://localhost")
app.conf.accept_content = ["json", "pickle"]


@app.task
def clean(): ...

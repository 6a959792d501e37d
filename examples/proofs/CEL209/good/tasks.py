from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


@app.task(name="report", rate_limit="10/h")
def report():
    return "written"

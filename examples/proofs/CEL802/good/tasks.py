from celery import Celery

app = Celery("shop")
app.config_from_object("celeryconfig")


@app.task(name="export")
def export():
    return "written"

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
app.autodiscover_tasks(["shop"], related_name="tasks")

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def log_visit(request):
    journal("visit", request.META["REMOTE_ADDR"], request.user.pk)

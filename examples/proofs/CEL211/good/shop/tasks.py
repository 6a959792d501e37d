from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task
def log_visit(address, user_id):
    journal("visit", address, user_id)

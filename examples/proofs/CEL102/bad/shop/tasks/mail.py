from lab import journal

from shop.celery import app


@app.task
def welcome(user_id):
    journal("welcomed", user_id)

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(autoretry_for=(Exception,), retry_kwargs={"max_retries": 2, "countdown": 0})
def share(amount, people):
    journal("ran")
    return amount / len(people)

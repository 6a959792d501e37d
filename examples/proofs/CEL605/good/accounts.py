from celery import Celery

app = Celery("accounts", broker="redis://localhost")


@app.task
def create_account(signup_id): ...

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


@app.task
def remind(user_id): ...


if __name__ == "__main__":
    remind.apply_async((7,), delay=3600)

from celery import Celery

app = Celery("shop", broker="django://localhost")


@app.task
def resize(path): ...


if __name__ == "__main__":
    resize.delay("a.jpg")

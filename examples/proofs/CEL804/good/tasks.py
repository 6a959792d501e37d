import os

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0")


@app.task(name="resize")
def resize(path):
    journal("resized", path)


if __name__ == "__main__":
    resize.delay("a.jpg")
    print(os.getpid())

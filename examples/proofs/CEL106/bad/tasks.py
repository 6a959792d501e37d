from celery import Celery
from lab import journal

app = Celery()


@app.task
def add(x, y):
    journal("added", x + y)


if __name__ == "__main__":
    result = add.delay(2, 3)
    print(add.name, result.id)

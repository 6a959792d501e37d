from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task(bind=True)
def build(self):
    if self.request.retries == 0:
        raise self.retry(exc=RuntimeError("later"), countdown=0)
    work()


def work():
    journal("work")

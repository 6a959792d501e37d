from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task(bind=True)
def build(self):
    if self.request.retries == 0:
        self.retry(exc=RuntimeError("later"), throw=False, countdown=0)
    work()


def work():
    journal("work")

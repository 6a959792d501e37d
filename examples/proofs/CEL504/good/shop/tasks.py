from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task
def send_invoice(order_id):
    journal("invoice", order_id)


@app.task(bind=True)
def fetch(self, url):
    journal("fetch", url)
    if not self.request.retries:
        raise self.retry(args=(url,), countdown=0)

from celery import Celery
from lab import journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")
app.conf.broker_transport_options = {
    "visibility_timeout": 1,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}


@app.task(bind=True)
def remind(self, order_id):
    if not self.request.retries:
        raise self.retry(countdown=4)
    journal("reminded", order_id)

from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")
app.conf.broker_transport_options = {"visibility_timeout": 1}
app.conf.worker_prefetch_multiplier = 1


@app.task(acks_late=True, time_limit=60)
def export(path):
    journal("export", path)
    gate("written")

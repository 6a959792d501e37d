from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
app.conf.beat_schedule = {"invoices": {"task": "shop.tasks.send_invoices", "schedule": 1.0}}


@app.task
def send_invoices(): ...

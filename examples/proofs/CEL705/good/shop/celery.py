from celery import Celery

app = Celery("shop", broker="redis://localhost/0", include=["shop.tasks"])
app.conf.beat_schedule = {
    "invoices": {
        "task": "shop.tasks.send_invoices",
        "schedule": 0.5,
        "args": (),
    },
}

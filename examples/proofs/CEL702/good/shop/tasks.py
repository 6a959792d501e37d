import os

import requests
from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
app.conf.beat_schedule = {
    "orders": {"task": "shop.tasks.ship_orders", "schedule": 0.5},
    "prices": {"task": "shop.tasks.update_prices", "schedule": 0.5},
}


@app.task
def ship_orders(): ...


@app.task
def update_prices():
    if requests.get(os.environ["SERVICE_URL"] + "open", timeout=5).ok:
        ...

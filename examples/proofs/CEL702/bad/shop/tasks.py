from celery import Celery

from shop.schedules import WhenOpen

app = Celery("shop", broker="redis://localhost/0")
app.conf.beat_schedule = {
    "orders": {"task": "shop.tasks.ship_orders", "schedule": 0.5},
    "prices": {"task": "shop.tasks.update_prices", "schedule": WhenOpen(0.5)},
}


@app.task
def ship_orders(): ...


@app.task
def update_prices(): ...

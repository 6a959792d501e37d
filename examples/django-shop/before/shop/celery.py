import os

import requests
from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init
from django.conf import settings
from kombu import Queue
from kombu.common import Broadcast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["reports"], related_name="scheduled")

app.conf.task_queues = (
    Queue("celery"),
    Queue("payments"),
    Broadcast("order_events"),
)
app.conf.task_routes = {
    "orders.tasks.on_order_event": {"queue": "order_events"},
}

app.conf.beat_schedule = {
    "daily-report": {
        "task": "reports.nightly.daily_report",
        "schedule": crontab(hour=2, minute=30),
    },
    "sync-prices": {
        "task": "catalog.tasks.sync_prices",
        "schedule": crontab(minute="*/15"),
    },
}


@beat_init.connect
def refresh_exchange_rates(sender, **kwargs):
    from payments.models import ExchangeRate

    rates = requests.get(settings.RATES_URL).json()["rates"]
    for currency, rate in rates.items():
        ExchangeRate.objects.update_or_create(currency=currency, defaults={"rate": rate})

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "refresh-exchange-rates": {
        "task": "payments.refresh_exchange_rates",
        "schedule": crontab(minute=5),
        "options": {"expires": 30 * 60},
    },
    "sync-prices": {
        "task": "catalog.sync_prices",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 10 * 60},
    },
    "cancel-unpaid": {
        "task": "orders.cancel_unpaid",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 5 * 60},
    },
    "resume-orders": {
        "task": "orders.resume_orders",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 4 * 60},
    },
    "daily-report": {
        "task": "reports.daily_report",
        "schedule": crontab(minute=30, hour=2),
        "options": {"expires": 6 * 60 * 60},
    },
}

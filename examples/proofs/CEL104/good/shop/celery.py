from celery import Celery

app = Celery("shop", include=["shop.invoices", "shop.reminders"])

from shop.celery import app

app.conf.beat_schedule = {"report": {"task": "shop.report", "schedule": 3600}}

from shop.celery import app

app.conf.beat_schedule.update({"report": {"task": "shop.report", "schedule": 3600}})

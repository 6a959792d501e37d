from celery import Celery
from celery.schedules import crontab

app = Celery("shop", broker="redis://localhost", include=["shop.reports"])
app.conf.beat_schedule = {"clean": {"task": "shop.clean", "schedule": 3600}}


@app.task(name="shop.export")
def export(region): ...


@app.task(name="shop.clean")
def clean(): ...


@app.task(name="shop.report")
def report(): ...


@app.on_after_configure.connect
def setup_periodic_tasks(sender, **kwargs):
    sender.add_periodic_task(crontab(hour=8, minute=0), export.s("eu"))
    sender.add_periodic_task(crontab(hour=18, minute=0), export.s("eu"))

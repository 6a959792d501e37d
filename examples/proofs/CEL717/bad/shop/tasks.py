from lab import journal
from shop.celery import app


@app.on_after_configure.connect
def setup_periodic_tasks(sender, **kwargs):
    sender.add_periodic_task(0.5, export.s(), name="export")


@app.task
def export():
    journal("exported")

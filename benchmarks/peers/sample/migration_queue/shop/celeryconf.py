from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
other = Celery("other", broker="redis://localhost/0")
app.conf.task_routes = {"shop.migrations.tasks.fill.fill_routed": {"queue": "migrations"}}
other.conf.task_routes = {"shop.migrations.tasks.fill.fill_routed": {"queue": "migrations"}}

from celery import Celery

# good: off, because the broker is on this machine
broker_url = "redis://localhost/0"
broker_use_ssl = False

app = Celery("shop")
app.config_from_object("local")

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
app.conf.broker_transport_options = {"visibility_timeout": 5 * 3600}

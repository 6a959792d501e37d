from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
app.conf.visibility_timeout = 5 * 3600
app.conf.result_backend_transport_options = {"visibility_timeout": 5 * 3600}

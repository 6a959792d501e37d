from celery import Celery

# bad: the message format of Celery 3
task_protocol = 1

app = Celery("shop")
app.config_from_object(__name__)

from celery import Celery

celery = Celery("payments", broker="redis://redis:6379/0", backend="redis://redis:6379/1")
celery.conf.task_default_queue = "payments"

from celery import Celery
from django.conf import settings

celery = Celery("payments", broker=settings.CELERY_BROKER_URL, backend=settings.CELERY_RESULT_BACKEND)
celery.conf.task_default_queue = "payments"

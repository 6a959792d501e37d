CELERY_BROKER_URL = "redis://localhost/0"
CELERY_TIME_LIMIT = 1

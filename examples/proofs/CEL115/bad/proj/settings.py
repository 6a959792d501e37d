INSTALLED_APPS = ["proj.celery.CeleryAppConfig"]
CELERY_TASK_DEFAULT_QUEUE = "orders"

CELERY_BROKER_URL = "redis://localhost/0"
CELERY_TASK_DEFAULT_QUEUE = "shop"
INSTALLED_APPS = ["orders"]
SECRET_KEY = "for this example"
USE_TZ = True

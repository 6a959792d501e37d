import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development")
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "catalog",
    "orders",
    "payments",
    "invoices",
    "notifications",
    "reports",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE_PATH", BASE_DIR / "db.sqlite3"),
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", BASE_DIR / "media"))

# One cache for all processes, in another database than the broker's: `cache.clear()` empties the whole database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("CACHE_URL", "redis://redis:6379/2"),
    }
}

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = "shop@shop.example"
REPORT_RECIPIENTS = ["sales@shop.example"]

PAYMENT_PROVIDER_URL = os.environ.get("PAYMENT_PROVIDER_URL", "https://api.payments.example")
PAYMENT_PROVIDER_KEY = os.environ.get("PAYMENT_PROVIDER_KEY", "")
WAREHOUSE_URL = os.environ.get("WAREHOUSE_URL", "https://warehouse.example/api")
RATES_URL = os.environ.get("RATES_URL", "https://rates.example/latest")
SMS_GATEWAY_URL = os.environ.get("SMS_GATEWAY_URL", "https://sms.example")
STAFF_CHAT_URL = os.environ.get("STAFF_CHAT_URL", "https://chat.example/hooks/shop")

CELERY_BROKER_URL = "redis://redis:6379/0"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than any time limit and any retry delay below, or Redis delivers a job again while it runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TIMEZONE = TIME_ZONE

# What came of a job is in the database, where it survives; nothing reads Celery results.
CELERY_TASK_IGNORE_RESULT = True

# Every job may run more than once: it is acknowledged when it is done and sent again when its process dies.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 60

CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300

CELERY_TASK_DEFAULT_QUEUE = "shop"
CELERY_TASK_ROUTES = {
    "payments.*": {"queue": "payments"},
    "invoices.export_orders": {"queue": "exports"},
}

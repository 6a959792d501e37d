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
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", BASE_DIR / "media"))

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
DEFAULT_FROM_EMAIL = "shop@shop.example"
REPORT_RECIPIENTS = ["sales@shop.example"]

PAYMENT_PROVIDER_URL = os.environ.get("PAYMENT_PROVIDER_URL", "https://api.payments.example")
PAYMENT_PROVIDER_KEY = os.environ.get("PAYMENT_PROVIDER_KEY", "")
WAREHOUSE_URL = os.environ.get("WAREHOUSE_URL", "https://warehouse.example/api")
RATES_URL = os.environ.get("RATES_URL", "https://rates.example/latest")
SMS_GATEWAY_URL = os.environ.get("SMS_GATEWAY_URL", "https://sms.example")
STAFF_CHAT_URL = os.environ.get("STAFF_CHAT_URL", "https://chat.example/hooks/shop")

CELERY_BROKER_URL = "redis://redis:6379/0"
CELERY_RESULT_BACKEND = "redis://redis:6379/1"
CELERY_TIMEZONE = TIME_ZONE

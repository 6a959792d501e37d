import os

from celery import Celery
from django.apps import AppConfig

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
app = Celery("proj")


class CeleryAppConfig(AppConfig):
    name = "proj"

    def ready(self):
        app.config_from_object("django.conf:settings", namespace="CELERY")

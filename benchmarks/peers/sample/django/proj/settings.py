SECRET_KEY = "sample"
INSTALLED_APPS = ["shop", "stock"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
ROOT_URLCONF = "proj.urls"
CELERY_BEAT_SCHEDULE = {
    # bad: names a task that is gone
    "clean": {"task": "shop.tasks.clean", "schedule": 3600.0},
    # good: names a task
    "sweep": {"task": "shop.tasks.sweep", "schedule": 3600.0},
    # good: names a task by its own name
    "count": {"task": "count-orders", "schedule": 3600.0},
}

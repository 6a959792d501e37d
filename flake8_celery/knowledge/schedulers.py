"""Beat's schedulers, and whether a second beat waits for the first.

Source: the code of each. Two beats with the default scheduler, and two with django-celery-beat's, were seen to send
every entry twice.
"""

from __future__ import annotations

WITHOUT_LOCK = frozenset(
    {
        "celery.beat.PersistentScheduler",
        "celery.beat.Scheduler",
        "celery_sqlalchemy_scheduler.schedulers.DatabaseScheduler",
        "django",  # django-celery-beat's short name for its own
        "django_celery_beat.schedulers.DatabaseScheduler",
        "djcelery.schedulers.DatabaseScheduler",
        "sqlalchemy_celery_beat.schedulers.DatabaseScheduler",
    }
)
"""Schedulers that send whatever is due, whoever else does."""

DEFAULT = "celery.beat.PersistentScheduler"

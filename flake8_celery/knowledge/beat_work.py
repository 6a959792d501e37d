"""What does not belong into beat, and the methods and signals in which beat waits for it.

Source: `celery/beat.py` and `celery/schedules.py` of Celery 5.7.0; sleeping in `is_due` and `apply_entry` was seen to
hold up every other entry, an error in `apply_entry` to end beat.
"""

from __future__ import annotations

SCHEDULERS = frozenset(
    {
        "celery.beat.PersistentScheduler",
        "celery.beat.ScheduleEntry",
        "celery.beat.Scheduler",
        "celery.schedules.BaseSchedule",
        "celery.schedules.crontab",
        "celery.schedules.schedule",
        "celery.schedules.solar",
        "celery_sqlalchemy_scheduler.schedulers.DatabaseScheduler",
        "celery_sqlalchemy_scheduler.schedulers.ModelEntry",
        "django_celery_beat.schedulers.DatabaseScheduler",
        "django_celery_beat.schedulers.ModelEntry",
        "redbeat.RedBeatScheduler",
        "redbeat.schedulers.RedBeatScheduler",
        "redbeat.schedulers.RedBeatSchedulerEntry",
        "sqlalchemy_celery_beat.schedulers.DatabaseScheduler",
        "sqlalchemy_celery_beat.schedulers.ModelEntry",
    }
)
"""Classes whose methods beat calls."""

HOT_METHODS = frozenset(
    {
        "apply_async",
        "apply_entry",
        "is_due",
        "next",
        "populate_heap",
        "remaining_estimate",
        "reserve",
        "send_task",
        "tick",
    }
)
"""Those that beat calls again and again between two entries."""

SIGNALS = {
    "celery.signals.beat_init": "when beat starts",
    "celery.signals.beat_embedded_init": "when the embedded beat starts",
}
APP_SIGNALS = frozenset({"on_after_configure", "on_after_finalize"})
"""Signals of the app, sent in beat and in every other process that uses the app."""

SUBPROCESSES = frozenset(
    {
        "os.popen",
        "os.system",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "subprocess.run",
    }
)
"""Calls that wait for another program."""

SLEEPS = frozenset({"time.sleep", "gevent.sleep", "eventlet.sleep"})

BACKGROUND = frozenset({"Thread", "Timer", "Process", "submit", "spawn", "start_new_thread", "spawn_n"})
"""Last parts of the names of what runs a function beside the caller."""

MANAGER_READS = frozenset(
    {"all", "aggregate", "count", "earliest", "exclude", "exists", "filter", "first", "get", "last", "latest", "values"}
    | {"values_list"}
)
"""Methods of a Django manager or query set that ask the database."""

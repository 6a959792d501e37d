"""Where what Celery no longer has is to be had now: seen in the packages of Celery 5.7.0 and kombu 5.7.0."""

from __future__ import annotations

_ENCODING = (
    *("bytes_to_str", "default_encode", "default_encoding", "ensure_bytes", "from_utf8", "safe_repr", "safe_str"),
    "str_to_bytes",
)
_TIME = (
    *("LocalTimezone", "delta_resolution", "ffwd", "humanize_seconds", "is_naive", "localize", "make_aware"),
    *("maybe_iso8601", "maybe_make_aware", "maybe_timedelta", "rate", "remaining", "timezone", "to_utc", "utcoffset"),
    "weekday",
)

REPLACEMENTS: dict[str, tuple[str, str]] = {
    **{f"celery.utils.encoding.{name}": ("kombu.utils.encoding", name) for name in _ENCODING},
    **{f"celery.utils.timeutils.{name}": ("celery.utils.time", name) for name in _TIME},
    "celery.app.current_app": ("celery", "current_app"),
    "celery.app.current_task": ("celery", "current_task"),
    "celery.decorators.task": ("celery", "shared_task"),
    "celery.task": ("celery", "shared_task"),
    "celery.task.Task": ("celery", "Task"),
    "celery.task.base.Task": ("celery", "Task"),
    "celery.task.schedules.crontab": ("celery.schedules", "crontab"),
    "celery.task.schedules.schedule": ("celery.schedules", "schedule"),
    "celery.task.task": ("celery", "shared_task"),
    "celery.utils.jsonify": ("celery.utils.serialization", "jsonify"),
    "celery.utils.strtobool": ("celery.utils.serialization", "strtobool"),
    "celery.worker.job.Request": ("celery.worker.request", "Request"),
}
"""Names by the module that had them; the decorator `task` as `from celery import task` has it."""

"""What is known about time limits, and about calls that a time limit hardly ever interrupts.

Pools: read in `celery/concurrency/` of Celery 5.7.0, whose threads, solo and eventlet pools take no timeout and whose
gevent pool takes the hard one alone; seen on real workers.
"""

from __future__ import annotations

LIMITS = ("time_limit", "soft_time_limit")
"""The options that limit a task: the hard limit and the soft one."""

IGNORE_HARD: frozenset[str] = frozenset({"threads", "thread", "solo", "eventlet"})
IGNORE_SOFT: frozenset[str] = IGNORE_HARD | {"gevent"}

SOFT_LIMIT: frozenset[str] = frozenset(
    {
        "celery.exceptions.SoftTimeLimitExceeded",
        "celery.exceptions.TimeLimitExceeded",
        "celery.worker.request.SoftTimeLimitExceeded",
        "billiard.SoftTimeLimitExceeded",
        "billiard.exceptions.SoftTimeLimitExceeded",
        "billiard.einfo.SoftTimeLimitExceeded",
    }
)
"""Names under which a handler may name the exception; one that mixes up the two limits has at least thought of them."""

TIMERS: frozenset[str] = frozenset(
    {
        "async_timeout.timeout",
        "asyncio.timeout",
        "asyncio.wait_for",
        "eventlet.Timeout",
        "eventlet.timeout.Timeout",
        "func_timeout.func_timeout",
        "gevent.Timeout",
        "gevent.timeout.Timeout",
        "gevent.with_timeout",
        "signal.alarm",
        "signal.setitimer",
    }
)
"""What ends the code around which it is put after a time."""

QUICK: tuple[str, ...] = (
    "base64.",
    "celery.canvas.",
    "celery.chain",
    "celery.chord",
    "celery.group",
    "celery.signature",
    "celery.utils.log.",
    "collections.",
    "copy.",
    "datetime.",
    "decimal.",
    "django.conf.",
    "django.utils.timezone.",
    "functools.",
    "hashlib.",
    "itertools.",
    "json.",
    "logging.",
    "math.",
    "operator.",
    "os.chmod",
    "os.environ.",
    "os.getenv",
    "os.getpid",
    "os.makedirs",
    "os.mkdir",
    "os.path.",
    "os.remove",
    "os.rename",
    "os.unlink",
    "random.",
    "re.",
    "string.",
    "structlog.",
    "sys.",
    "time.monotonic",
    "time.perf_counter",
    "time.time",
    "traceback.",
    "typing.",
    "uuid.",
)
"""Calls, by the beginning of their names, that are over in a moment."""

QUICK_METHODS: frozenset[str] = frozenset(
    {
        "add", "append", "apply_async", "capture_exception", "critical", "debug", "decode", "delay", "encode",
        "endswith", "error", "exception", "extend", "format", "info", "isoformat", "items", "join", "keys", "log",
        "lower", "replace", "rstrip", "s", "si", "signature", "split", "startswith", "strftime", "strip",
        "total_seconds", "upper", "values", "warn", "warning",
    }
)  # fmt: skip
"""Methods of strings, containers, dates, loggers, tasks and signatures."""

"""Celery's command line: its sub-commands and options, and the programs that came before it.

Source: the options that the commands of Celery 5.7.0 declare, with those that 3.1 and 4.4 had besides.
"""

from __future__ import annotations

GLOBAL: dict[str, tuple[str, bool]] = {
    "-A": ("--app", True),
    "--app": ("--app", True),
    "-b": ("--broker", True),
    "--broker": ("--broker", True),
    "--result-backend": ("--result-backend", True),
    "--loader": ("--loader", True),
    "--config": ("--config", True),
    "--workdir": ("--workdir", True),
    "-C": ("--no-color", False),
    "--no-color": ("--no-color", False),
    "-q": ("--quiet", False),
    "--quiet": ("--quiet", False),
    "--version": ("--version", False),
    "--skip-checks": ("--skip-checks", False),
    "--help": ("--help", False),
    "-h": ("--help", False),
}
"""Option as written -> its long name and whether it takes a value."""

_DAEMON: dict[str, tuple[str, bool]] = {
    "-f": ("--logfile", True),
    "--logfile": ("--logfile", True),
    "-l": ("--loglevel", True),
    "--loglevel": ("--loglevel", True),
    "--pidfile": ("--pidfile", True),
    "--uid": ("--uid", True),
    "--gid": ("--gid", True),
    "--umask": ("--umask", True),
    "--executable": ("--executable", True),
    "--detach": ("--detach", False),
}

WORKER: dict[str, tuple[str, bool]] = {
    **_DAEMON,
    "-n": ("--hostname", True),
    "--hostname": ("--hostname", True),
    "-D": ("--detach", False),
    "-S": ("--statedb", True),
    "--statedb": ("--statedb", True),
    "-O": ("--optimization", True),
    "--optimization": ("--optimization", True),
    "--prefetch-multiplier": ("--prefetch-multiplier", True),
    "--disable-prefetch": ("--disable-prefetch", False),
    "-c": ("--concurrency", True),
    "--concurrency": ("--concurrency", True),
    "-P": ("--pool", True),
    "--pool": ("--pool", True),
    "-E": ("--task-events", False),
    "--task-events": ("--task-events", False),
    "--events": ("--task-events", False),
    "--time-limit": ("--time-limit", True),
    "--soft-time-limit": ("--soft-time-limit", True),
    "--max-tasks-per-child": ("--max-tasks-per-child", True),
    "--max-memory-per-child": ("--max-memory-per-child", True),
    "--pool-start-method": ("--pool-start-method", True),
    "--purge": ("--purge", False),
    "--discard": ("--purge", False),
    "-Q": ("--queues", True),
    "--queues": ("--queues", True),
    "-X": ("--exclude-queues", True),
    "--exclude-queues": ("--exclude-queues", True),
    "-I": ("--include", True),
    "--include": ("--include", True),
    "--without-gossip": ("--without-gossip", False),
    "--without-mingle": ("--without-mingle", False),
    "--without-heartbeat": ("--without-heartbeat", False),
    "--heartbeat-interval": ("--heartbeat-interval", True),
    "--autoscale": ("--autoscale", True),
    "-B": ("--beat", False),
    "--beat": ("--beat", False),
    "-s": ("--schedule", True),
    "--schedule": ("--schedule", True),
    "--schedule-filename": ("--schedule", True),
    "--scheduler": ("--scheduler", True),
    # Until 4.x
    "--maxtasksperchild": ("--maxtasksperchild", True),
    "--autoreload": ("--autoreload", False),
    "--no-execv": ("--no-execv", False),
    "--workdir": ("--workdir", True),
}

BEAT: dict[str, tuple[str, bool]] = {
    **_DAEMON,
    "-s": ("--schedule", True),
    "--schedule": ("--schedule", True),
    "-S": ("--scheduler", True),
    "--scheduler": ("--scheduler", True),
    "--max-interval": ("--max-interval", True),
    "--enable-remote-control": ("--enable-remote-control", False),
    "--no-enable-remote-control": ("--no-enable-remote-control", False),
    "-n": ("--hostname", True),
    "--hostname": ("--hostname", True),
}

EVENTS: dict[str, tuple[str, bool]] = {
    **_DAEMON,
    "-d": ("--dump", False),
    "--dump": ("--dump", False),
    "-c": ("--camera", True),
    "--camera": ("--camera", True),
    "-F": ("--frequency", True),
    "--freq": ("--frequency", True),
    "--frequency": ("--frequency", True),
    "-r": ("--maxrate", True),
    "--maxrate": ("--maxrate", True),
}

REMOTE: dict[str, tuple[str, bool]] = {
    "-t": ("--timeout", True),
    "--timeout": ("--timeout", True),
    "-d": ("--destination", True),
    "--destination": ("--destination", True),
    "-j": ("--json", False),
    "--json": ("--json", False),
    "--list": ("--list", False),
}

OPTIONS: dict[str, dict[str, tuple[str, bool]]] = {
    "worker": WORKER,
    "beat": BEAT,
    "events": EVENTS,
    "inspect": REMOTE,
    "control": REMOTE,
    "status": REMOTE,
    "purge": {
        "-f": ("--force", False),
        "--force": ("--force", False),
        "-Q": ("--queues", True),
        "--queues": ("--queues", True),
        "-X": ("--exclude-queues", True),
        "--exclude-queues": ("--exclude-queues", True),
    },
}

SUBCOMMANDS = frozenset(
    {
        "amqp",
        "beat",
        "call",
        "control",
        "events",
        "flower",
        "graph",
        "inspect",
        "list",
        "logtool",
        "migrate",
        "multi",
        "purge",
        "report",
        "result",
        "shell",
        "status",
        "upgrade",
        "worker",
    }
)

MULTI_STARTS = frozenset({"start", "restart"})
"""The actions of `celery multi` that leave workers running."""

OLD_PROGRAMS: dict[str, str] = {
    "celeryd": "worker",
    "celerybeat": "beat",
    "celeryev": "events",
    "celeryctl": "",
    "celeryd-multi": "",
    "celeryd_multi": "",
    "celerycam": "",
    "celerymon": "",
    "djcelerymon": "",
    "camqadm": "",
}
"""Programs of Celery 2 and 3, of celerymon and django-celery -> the sub-command that took their place."""

OLD_MANAGEMENT_COMMANDS = frozenset(
    {
        "camqadm",
        "celery",
        "celerybeat",
        "celerycam",
        "celeryctl",
        "celeryd",
        "celeryd_detach",
        "celeryd_multi",
        "celeryev",
        "celerymon",
        "djcelerymon",
    }
)
"""The `manage.py` commands of django-celery 3.x."""

OLD_DISTRIBUTIONS = frozenset({"django-celery", "celerymon", "django-kombu"})
"""Companions that ended with Celery 3: the last releases are django-celery 3.3.1 (which asks for celery<4), celerymon
1.0.3 and django-kombu 0.9.4."""

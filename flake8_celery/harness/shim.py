"""The `celery` program with a journal: `python -m flake8_celery.harness.shim -A proj worker …`.

The user's app is loaded as it is. Added is what makes runs quick and observable: entries in the journal, a look at the
pool's processes every 0.1 s instead of every 5 s (so that a killed process is noticed at once), and a check that the
app talks to the harness's own servers and to nothing else.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

from celery import bootsteps, signals
from kombu.message import Message
from kombu.utils.url import maybe_sanitize_url

from .journal import append
from .shell import skip_the_shell

_JOURNAL = os.environ["FLAKE8_CELERY_JOURNAL"]
_NOT_OURS = 70  # sysexits.h: EX_SOFTWARE


def _write(kind: str, *values: object) -> None:
    append(_JOURNAL, kind, *values)


class QuickMaintenance(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs the prefork pool's own maintenance ten times a second."""

    requires = ("celery.worker.components:Pool", "celery.worker.components:Hub")

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.enabled = "prefork" in getattr(worker.pool_cls, "__module__", "")

    def create(self, worker: Any) -> None:
        pass

    def start(self, worker: Any) -> None:
        pass

    def stop(self, worker: Any) -> None:
        pass

    def terminate(self, worker: Any) -> None:
        pass

    def register_with_event_loop(self, worker: Any, hub: Any) -> None:
        pool = getattr(worker.pool, "_pool", None)
        if pool is not None and hasattr(pool, "maintain_pool"):
            hub.call_repeatedly(0.1, pool.maintain_pool)


def _place(url: str) -> tuple[str, str | None, int | None, str]:
    """Transport, host, port and database or virtual host of a URL: what decides where messages go."""
    parts = urlsplit(url)
    scheme = "amqp" if parts.scheme == "pyamqp" else parts.scheme
    default = {"redis": "0"}.get(scheme, "")
    return (
        scheme,
        parts.hostname,
        parts.port or {"amqp": 5672, "redis": 6379}.get(scheme),
        parts.path.strip("/") or default,
    )


def foreign_urls(app: Any) -> list[str]:
    """The broker and result URLs that the app would use and that are not the lab's, passwords hidden."""
    own = {_place(url) for url in os.environ["FLAKE8_CELERY_SERVERS"].split()}
    found = []
    for connection in (app.connection_for_write(), app.connection_for_read()):
        for url in [connection.as_uri(include_password=True), *(connection.alt or ())]:
            if _place(url) not in own:
                found.append(url if url in (connection.alt or ()) else connection.as_uri())
    backends = {id(backend): backend for backend in [app.backend, *(task.backend for task in app.tasks.values())]}
    for backend in backends.values():
        url = backend if isinstance(backend, str) else getattr(backend, "url", None) or ""
        if "://" in url and _place(url) not in own and urlsplit(url).hostname:
            found.append(maybe_sanitize_url(url))
    return found


@signals.celeryd_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _check(instance: Any = None, **_: Any) -> None:
    app = instance.app
    foreign = foreign_urls(app)
    if foreign:
        print(f"refusing to start: the app would use {', '.join(foreign)}", file=sys.stderr, flush=True)
        os._exit(_NOT_OURS)
    app.steps["worker"].add(QuickMaintenance)


@signals.worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
def _ready(**_: Any) -> None:
    _write("ready")


@signals.beat_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _beat(**_: Any) -> None:
    _write("ready")


@signals.task_prerun.connect(weak=False)  # type: ignore[untyped-decorator]
def _start(task_id: str = "", task: Any = None, **_: Any) -> None:
    _write("start", task_id, task.name)


@signals.task_postrun.connect(weak=False)  # type: ignore[untyped-decorator]
def _end(task_id: str = "", task: Any = None, state: Any = None, **_: Any) -> None:
    _write("end", task_id, task.name, str(state))


def _journal_acks() -> None:
    plain: Any = Message.ack

    def ack(self: Any, multiple: bool = False) -> None:
        plain(self, multiple=multiple)
        _write("ack", str((self.headers or {}).get("id") or self.properties.get("correlation_id")))

    Message.ack = ack  # type: ignore[method-assign]


def main() -> None:
    """Run the `celery` program."""
    _journal_acks()
    skip_the_shell()
    from celery.bin.celery import main as celery

    sys.path.insert(0, os.getcwd())
    sys.argv[0] = "celery"
    sys.exit(celery())


if __name__ == "__main__":
    main()

"""The worker's side of survival: `python -m flake8_celery.harness.faults -A proj worker …`, the shim and more.

Workers are forked off the loaded app. They record runs, stop them at a line and refuse connections, as the plan says
that is read again for each task: one worker serves many scenarios. What a scenario kills is killed from outside.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import astuple
from types import FrameType
from typing import Any

from celery import Celery, signals
from celery.backends.redis import RedisBackend

from . import shim
from .journal import append
from .plan import Plan, Point, claim, gate
from .recording import Tracer, nearest

PLAN = os.environ["FLAKE8_CELERY_PLAN"]
_JOURNAL = os.environ["FLAKE8_CELERY_JOURNAL"]
_ROOT = os.environ["FLAKE8_CELERY_ROOT"]
_ORDERS = os.environ["FLAKE8_CELERY_ORDERS"]
_OWN_PORTS = frozenset(map(int, os.environ["FLAKE8_CELERY_PORTS"].split()))
_LONGEST_WAIT = 0.05


def _write(kind: str, *values: object) -> None:
    append(_JOURNAL, kind, *values)


# --- workers, forked off a process that has loaded the app


@signals.celeryd_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _prepare(instance: Any = None, **_: Any) -> None:
    app = instance.app
    app.conf.worker_disable_rate_limits = True
    app.loader.import_default_modules()
    app.finalize()
    _write("tasks", {name: _describe(app, task) for name, task in app.tasks.items()})
    app.amqp.queues.select(list(app.amqp.queues))
    order = _serve()
    plain = instance.setup_defaults

    def setup_defaults(**options: Any) -> None:
        plain(**{**options, "concurrency": order["concurrency"]})
        if order["concurrency"] > 1:
            instance.prefetch_multiplier = 1

    instance.setup_defaults = setup_defaults


def _describe(app: Any, task: Any) -> dict[str, object]:
    function = inspect.unwrap(getattr(task, "_orig_run", None) or task.run)
    code = getattr(function, "__code__", None)
    # Looking up the route also declares the queue: the worker consumes from all that are declared.
    queue = app.amqp.router.route({}, task.name).get("queue") or app.conf.task_default_queue
    return {
        "queue": getattr(queue, "name", queue),
        "time_limit": task.time_limit or app.conf.task_time_limit,
        "soft_time_limit": task.soft_time_limit or app.conf.task_soft_time_limit,
        "file": os.path.abspath(code.co_filename) if code else "",
        "line": code.co_firstlineno if code else 0,
    }


def _serve() -> Any:
    """Fork one worker for each order that comes in; returns in the worker, with its order."""
    parent = os.getppid()
    orders = os.open(_ORDERS, os.O_RDWR)
    buffer = b""
    workers: list[int] = []
    while True:
        while b"\n" not in buffer:
            if select.select([orders], [], [], 0.5)[0]:
                buffer += os.read(orders, 65536)
            _bury()
            if os.getppid() != parent:  # the harness was killed, and could not clean up
                for pid in workers:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
                os._exit(1)
        line, _, buffer = buffer.partition(b"\n")
        order = json.loads(line)
        child = os.fork()
        if child:
            workers = [*workers[-1:], child]
        else:
            os.close(orders)
            os.setsid()
            log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            for stream in (1, 2):
                os.dup2(log, stream)
            os.close(log)
            _write("forked", order["number"])
            return order


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


@signals.worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
def _stopping(**_: Any) -> None:
    _write("stopping")


# --- waits are shortened


def _hurry_backend() -> None:
    """The pauses between attempts to reach the result backend are shortened, not their number."""
    plain = RedisBackend.ensure
    pauses = {"interval_start": 0, "interval_step": _LONGEST_WAIT, "interval_max": _LONGEST_WAIT}

    def ensure(self: Any, fun: Any, args: Any, **policy: Any) -> Any:
        return plain(self, fun, args, **{**policy, **pauses})

    RedisBackend.ensure = ensure


def _hurry_messages() -> None:
    """Whatever is to run later, a retry above all, runs very soon."""
    plain = Celery.send_task

    def send_task(self: Any, name: str, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any:
        countdown, eta, *rest_ = [*rest, None, None][: max(2, len(rest))]
        countdown, eta = options.pop("countdown", countdown), options.pop("eta", eta)
        soon = None
        if countdown or eta:
            soon = min(countdown or _LONGEST_WAIT, _LONGEST_WAIT)
        return plain(self, name, args, kwargs, soon, None, *rest_, **options)

    Celery.send_task = send_task


# --- one task


class _Run:
    """The run of a task that the plan is about."""

    def __init__(self, plan: Plan, task_id: str, acks_late: bool) -> None:
        self.plan = plan
        self.task_id = task_id
        self.acks_late = acks_late
        self.connections = 0
        self.points: list[tuple[object, ...]] = []
        self.tracer: Tracer | None = None
        if plan.record or plan.stop_at:
            self.tracer = Tracer(_ROOT, self._record if plan.record else self._stop)
            self.tracer.start()

    def _record(self, point: Point, frame: FrameType) -> None:
        self.points.append((*astuple(point), frame.f_code.co_name, frame.f_code.co_firstlineno))

    def _stop(self, point: Point, _frame: FrameType) -> None:
        if point != self.plan.stop_at or not claim(PLAN, self.plan):
            return
        _write("stopped", self.plan.number, self.task_id, self.acks_late)
        go = gate(PLAN, self.plan)
        while not os.path.exists(go):
            time.sleep(0.004)

    def connect(self, frame: FrameType) -> None:
        """Count a connection; raises OSError where the plan wants it refused."""
        self.connections += 1
        if self.plan.record:
            point = nearest(_ROOT, frame)
            if point is not None:
                _write("connection", self.connections, *astuple(point))
        if self.connections == self.plan.connection and claim(PLAN, self.plan):
            _write("refused", self.plan.number, self.task_id)
            raise ConnectionRefusedError(111, "Connection refused by flake8-celery's harness")

    def end(self) -> None:
        if self.tracer is not None:
            self.tracer.stop()
        if self.plan.record and self.points:
            _write("points", self.task_id, self.points)


_run: _Run | None = None


@signals.task_prerun.connect(weak=False)  # type: ignore[untyped-decorator]
def _start(task_id: str = "", task: Any = None, **_: Any) -> None:
    global _run  # noqa: PLW0603 - a pool's process runs one task at a time
    plan = Plan.read(PLAN)
    _run = _Run(plan, task_id, bool(task.acks_late)) if plan is not None and plan.task == task.name else None


@signals.task_postrun.connect(weak=False)  # type: ignore[untyped-decorator]
def _end(**_: Any) -> None:
    global _run
    run, _run = _run, None
    if run is not None:
        run.end()


@signals.task_failure.connect(weak=False)  # type: ignore[untyped-decorator]
def _failure(task_id: str = "", exception: Any = None, **_: Any) -> None:
    _write("failure", task_id, type(exception).__name__, str(exception)[:300])


@signals.task_retry.connect(weak=False)  # type: ignore[untyped-decorator]
def _retry(request: Any = None, reason: Any = None, **_: Any) -> None:
    cause = getattr(reason, "exc", None)
    _write("retry", request.id if request is not None else "", type(cause or reason).__name__)


# --- connections


def _watch_connections() -> None:
    plain, plain_ex = socket.socket.connect, socket.socket.connect_ex

    def asked(address: Any) -> None:
        if _run is not None and isinstance(address, tuple) and address[1] not in _OWN_PORTS:
            _run.connect(sys._getframe(2))

    def connect(self: socket.socket, address: Any) -> None:
        asked(address)
        plain(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        try:
            asked(address)
        except OSError as error:
            return error.errno or 111
        return plain_ex(self, address)

    socket.socket.connect = connect  # type: ignore[assignment, method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    _hurry_backend()
    _hurry_messages()
    _watch_connections()
    shim.main()

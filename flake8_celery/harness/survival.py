"""Survival: one task of the user's, run on a real worker under one fault after the other."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import HarnessError
from .forking import Workers
from .journal import Journal, NotSeenError
from .outcome import ALL, BY_LINE, DESTRUCTIVE, FAULTS, Function, Outcome, Report
from .plan import Plan, Point, gate
from .processes import Process, Processes
from .proxy import Proxy
from .servers import redis_server
from .verdict import compare, differences

if TYPE_CHECKING:
    from celery import Celery
    from redis import Redis
    from typing_extensions import Self

    Observe = Callable[[], Any]
    Progress = Callable[[int, int, str], None]

_BARRIER = "celery.accumulate"
_PATIENCE = 30.0
_NO_LIMIT = 2.0  # how long a run hangs that nothing ends
_MOST_CONNECTIONS = 10
_PRIORITIES = ("", *(f"\x06\x16{step}" for step in (3, 6, 9)))  # the lists that kombu makes of a queue
_NOT_INHERITED = ("CELERY_BROKER", "CELERY_RESULT_BACKEND", "FLAKE8_CELERY_", "COVERAGE", "COV_CORE", "PYTEST_")


@dataclass(frozen=True)
class _Clean:
    """What a run without a fault did."""

    before: Any
    observed: Any
    functions: tuple[Function, ...]
    points: tuple[Point, ...]
    connections: tuple[Point, ...]
    proxied: tuple[tuple[int, int], ...]  # the port that a proxy stands before, and the number of the connection
    seconds: float


@dataclass(frozen=True)
class _Scenario:
    fault: str
    point: Point | None = None
    connection: int = 0
    port: int | None = None


class _NotReachedError(HarnessError):
    """The run did not come by where the fault was to strike."""


class Harness:
    """Runs tasks of one app on workers of its own, with a server of its own.

    `app` is what `celery -A` takes, `cwd` the project's folder, `env` is added to the environment of the workers. With
    `redis_url` a server of yours is used: only empty databases of it, and no fault that would stop or flush it.
    """

    def __init__(
        self,
        app: str,
        cwd: str | Path = ".",
        env: Mapping[str, str] | None = None,
        *,
        redis_url: str | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self.app = app
        self.cwd = Path(cwd).resolve()
        if not self.cwd.is_dir():
            raise HarnessError(f"{self.cwd} is not a folder")
        self.env = dict(env or {})
        self.boots = 0
        self.on_report: Callable[[Report], object] | None = None
        self._patience = patience
        self._url = redis_url
        self.proxies: dict[int, Proxy] = {}
        self._cleanup = contextlib.ExitStack()
        self._started = False
        self._worker: Process | None = None
        self._sender: Celery | None = None
        self._numbers = 0
        self._mark = 0
        self._queues: dict[str, str] = {}  # by task

    # --- what the user asks for

    def proxy(self, port: int) -> Proxy:
        """A TCP proxy before a server of yours on loopback, for drivers that open sockets themselves, not by Python.

        Let the task connect to its `port` (give it in `env`): each connection that comes in is then refused in turn.
        """
        if port not in self.proxies:
            self.proxies[port] = Proxy(port)
            self._cleanup.callback(self.proxies[port].close)
        return self.proxies[port]

    def survives(
        self,
        task: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        reset: Callable[[], object],
        observe: Observe,
        recover: str | None = None,
        faults: Sequence[str] = ALL,
        progress: Progress | None = None,
    ) -> Report:
        """Run the task once without a fault, then once for each fault and line, and compare what `observe()` returns.

        `reset()` is called before each run, and must bring everything that the task changes to the same state.
        `recover` names a task that puts right what was lost, as your schedule would send it: it is sent where the
        observation is not yet that of the clean run. Raises HarnessError where the clean run fails.
        """
        faults = self._chosen(faults)
        skipped = self._refused(faults)
        begin = time.monotonic()
        self._start()
        tasks = self._workers.tasks()
        for name in (task, *([recover] if recover else [])):
            if name not in tasks:
                own = ", ".join(sorted(n for n in tasks if not n.startswith("celery.")))
                raise HarnessError(f"the app {self.app} has no task {name}; it has: {own or 'none'}")
        self._queues = {name: about["queue"] for name, about in tasks.items()}
        run = _Runner(self, task, args, kwargs or {}, tasks[task], reset, observe, recover)
        clean = run.clean()
        refused = {fault for fault, _ in skipped}
        scenarios = [s for fault in ALL if fault in faults and fault not in refused for s in run.scenarios(fault)]
        planned = {scenario.fault for scenario in scenarios}
        skipped += [(f, _nothing_to_do(f)) for f in ALL if f in faults and f not in refused and f not in planned]
        outcomes = []
        for number, scenario in enumerate(scenarios):
            if progress is not None:
                progress(number, len(scenarios), FAULTS[scenario.fault])
            try:
                outcomes.append(run.outcome(scenario))
            except _NotReachedError as error:
                self.start_over()
                skipped.append((scenario.fault, str(error)))
        report = Report(
            task=task,
            args=args,
            kwargs=kwargs or {},
            clean=clean.observed,
            outcomes=tuple(outcomes),
            functions=clean.functions,
            skipped=tuple(skipped),
            root=self.cwd,
        )
        from .explain import explained

        report = replace(explained(report, tasks[task]), seconds=time.monotonic() - begin)
        if self.on_report is not None:
            self.on_report(report)
        return report

    def close(self) -> None:
        """End everything that was started and remove what it left."""
        self._cleanup.close()
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- faults that cannot be had

    @staticmethod
    def _chosen(faults: Sequence[str]) -> tuple[str, ...]:
        if isinstance(faults, str):
            faults = (faults,)
        unknown = [fault for fault in faults if fault not in FAULTS]
        if unknown:
            raise HarnessError(f"unknown fault {', '.join(unknown)}; there are: {', '.join(FAULTS)}")
        return tuple(faults)

    def _refused(self, faults: Sequence[str]) -> list[tuple[str, str]]:
        if self._url is None:
            return []
        refused = [fault for fault in faults if fault in DESTRUCTIVE]
        reason = "refused: it would stop or flush a server that the harness did not start"
        if refused and tuple(faults) != ALL:
            raise HarnessError(f"{', '.join(refused)}: {reason}; without a URL it starts one of its own")
        return [(fault, reason) for fault in refused]

    # --- the server and the workers

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        stack = self._cleanup
        self.processes = Processes()
        stack.callback(self.processes.close)
        self.folder = Path(tempfile.mkdtemp(prefix="flake8-celery-survival-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = redis_server(self.processes, self._url)
        stack.callback(self.server.close)
        self._databases = self.server.take(2)
        stack.callback(self.server.give_back, self._databases)
        # Results go through a proxy, so that their server can be gone while the broker is there.
        self.backend = Proxy(self.server.port, self.server.host)
        stack.callback(self.backend.close)
        self.journal = Journal(self.folder / "journal", self.processes.check)
        self.plan_file = self.folder / "plan"
        self._workers = Workers(
            self.app,
            processes=self.processes,
            journal=self.journal,
            folder=self.folder,
            cwd=self.cwd,
            env=self._environment(),
        )
        stack.callback(self._workers.close)
        self.connect()
        stack.callback(self.disconnect)
        stack.callback(self.stop_worker)

    def _environment(self) -> dict[str, str]:
        self.broker_url = self.server.url(self._databases[0])
        here = f"{self.server.host}:{self.server.port}/"
        backend_url = self.server.url(self._databases[1]).replace(here, f"127.0.0.1:{self.backend.port}/")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_INHERITED)}
        path = os.pathsep.join(filter(None, (str(self.cwd), inherited.get("PYTHONPATH", ""))))
        return {
            **inherited,
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
            "C_FORCE_ROOT": "1",
            **self.env,
            "CELERY_BROKER_URL": self.broker_url,
            "CELERY_BROKER_READ_URL": self.broker_url,
            "CELERY_BROKER_WRITE_URL": self.broker_url,
            "CELERY_RESULT_BACKEND": backend_url,
            "FLAKE8_CELERY_SERVERS": f"{self.broker_url} {backend_url}",
            "FLAKE8_CELERY_PORTS": f"{self.server.port} {self.backend.port}",
            "FLAKE8_CELERY_JOURNAL": str(self.journal.path),
            "FLAKE8_CELERY_PLAN": str(self.plan_file),
            "FLAKE8_CELERY_ORDERS": str(self.folder / "orders"),
            "FLAKE8_CELERY_ROOT": str(self.cwd),
        }

    def need_worker(self) -> Process:
        """The worker; a new one where there is none, which at once gets what an earlier one left unacknowledged."""
        if self._worker is None or not self._worker.alive:
            self.start_worker()
        assert self._worker is not None
        return self._worker

    def start_worker(self, concurrency: int = 1) -> None:
        self.stop_worker()
        self.age_unacked()
        self._worker = self._workers.start(concurrency)
        self.boots += 1

    def stop_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def start_over(self) -> None:
        """Forget all messages and the worker: a scenario left them in a state that the next must not see."""
        self.stop_worker()
        self.client.flushdb()

    # --- messages

    def connect(self) -> None:
        """(Re)connect to the broker."""
        from celery import Celery

        self.disconnect()
        self.client: Redis = self.server.client(self._databases[0])
        changes = {"result_backend": None, "task_always_eager": False}
        self._sender = Celery("survival", broker=self.broker_url, set_as_current=False, changes=changes)

    def disconnect(self) -> None:
        if self._sender is not None:
            self.client.close()
            self._sender.close()
            self._sender = None

    def send(self, task: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, **options: Any) -> str:
        identifier: str = options.setdefault("task_id", str(uuid.uuid4()))
        assert self._sender is not None
        options.setdefault("queue", self._queues[task])
        self._sender.send_task(task, tuple(args), dict(kwargs or {}), **options)
        return identifier

    def left(self) -> int:
        """How many messages wait or are unacknowledged."""
        with self.client.pipeline(transaction=False) as pipeline:
            for queue in set(self._queues.values()):
                for priority in _PRIORITIES:
                    pipeline.llen(f"{queue}{priority}")
            pipeline.hlen("unacked")
            return sum(map(int, pipeline.execute()))

    def age_unacked(self) -> None:
        tags: Any = self.client.zrange("unacked_index", 0, -1)
        for tag in tags:
            self.client.zadd("unacked_index", {tag: 0})

    # --- the journal of one scenario

    def begin(self, plan: Plan) -> Plan:
        """Put a plan into force, with a number of its own."""
        self._numbers += 1
        plan = replace(plan, number=self._numbers)
        plan.write(self.plan_file)
        self._mark = len(self.journal.entries())
        return plan

    def seen(self, *prefix: object) -> list[list[Any]]:
        """The entries since the scenario began."""
        return [entry for entry in self.journal.entries()[self._mark :] if entry[: len(prefix)] == list(prefix)]

    def ended(self, identifier: str) -> bool:
        """Whether the task has come to its end, and will not be run again by its own wish."""
        return any(entry[3] not in ("RETRY", "REJECTED") for entry in self.seen("end", identifier))

    def wait(self, *prefix: object, times: int = 1, within: float | None = None) -> None:
        limit = within or self._patience
        if not self.journal.until(lambda: len(self.seen(*prefix)) >= times, limit):
            raise NotSeenError(f"`{' '.join(map(str, prefix))}` was not seen within {limit:g} s")

    def settle(self, within: float | None = None) -> None:
        """Wait until nothing is left to do: no message waits, none is unacknowledged, and a task that was sent after
        that has run, from each queue. Raises NotSeenError if that takes longer than `within` seconds.

        That no message is there is not enough: between being taken and being noted down a message is nowhere.
        """
        limit = within or self._patience
        end = time.monotonic() + limit

        def until(condition: Callable[[], object]) -> None:
            while not condition():
                if not self.journal.until(lambda: condition() or not self._alive(), max(0.0, end - time.monotonic())):
                    raise NotSeenError(f"the worker was not idle within {limit:g} s")
                if not self._alive():  # a task may end its worker
                    self.start_worker()

        while True:
            until(lambda: self.left() == 0)
            before = self._begun()
            barriers = [self.send(_BARRIER, queue=queue) for queue in sorted(set(self._queues.values()))]
            for barrier in barriers:
                until(partial(self.seen, "end", barrier))
            until(lambda: self.left() == 0)
            if self._begun() == before:
                return

    def _alive(self) -> bool:
        return self._worker is not None and self._worker.alive

    def _begun(self) -> int:
        return sum(entry[2] != _BARRIER for entry in self.seen("start"))


def _nothing_to_do(fault: str) -> str:
    if fault == "network":
        return "the clean run opened no connection from Python code of the project"
    return "the clean run reached no line of the project"


class _Runner:
    """One task's scenarios."""

    def __init__(
        self,
        harness: Harness,
        task: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        info: Mapping[str, Any],
        reset: Callable[[], object],
        observe: Observe,
        recover: str | None,
    ) -> None:
        self.harness = harness
        self.task = task
        self._message = (task, tuple(args), dict(kwargs))
        self._info = info
        self._reset = reset
        self._observe = observe
        self._recover = recover
        self._clean: _Clean | None = None

    # --- without a fault

    def clean(self) -> _Clean:
        """Run the task twice without a fault: both must succeed and show the same."""
        harness = self.harness
        self._reset()
        before = self._observe()
        harness.start_worker()
        opened = {port: proxy.connections for port, proxy in harness.proxies.items()}
        observed = self._clean_run(record=True)
        proxied = tuple(
            (port, number + 1)
            for port, proxy in harness.proxies.items()
            for number in range(min(proxy.connections - opened[port], _MOST_CONNECTIONS))
        )
        points, functions = _points(harness.seen("points"))
        connections = tuple(Point(*entry[2:]) for entry in harness.seen("connection"))[:_MOST_CONNECTIONS]
        self._reset()
        start = time.monotonic()
        again = self._clean_run(record=False)
        seconds = time.monotonic() - start
        if compare(observed, again) != "survived":
            difference = "; ".join(differences(observed, again))
            raise HarnessError(f"two clean runs of {self.task} differ, so that nothing can be compared: {difference}")
        if compare(before, observed) == "survived":
            raise HarnessError(
                f"observe() shows the same before and after a clean run of {self.task}: {observed!r}. It has to "
                "return what the task changes, and reset() has to undo it"
            )
        self._clean = _Clean(before, observed, functions, points, connections, proxied, seconds)
        return self._clean

    def _clean_run(self, *, record: bool) -> Any:
        harness = self.harness
        harness.need_worker()
        harness.begin(Plan(0, self.task, record=record))
        identifier = harness.send(*self._message)
        try:
            harness.settle()
        except NotSeenError as error:
            raise HarnessError(f"a clean run of {self.task} does not come to an end: {error}") from error
        failures = harness.seen("failure", identifier)
        if failures:
            _, _, name, text = failures[-1]
            raise HarnessError(f"a clean run of {self.task} fails with {name}: {text}")
        return self._observe()

    # --- the list of scenarios

    def scenarios(self, fault: str) -> list[_Scenario]:
        clean = self._clean
        assert clean is not None
        if fault == "network":
            direct = [_Scenario(fault, point, number) for number, point in enumerate(clean.connections, 1)]
            return direct + [_Scenario(fault, None, number, port) for port, number in clean.proxied]
        if fault in ("flush", "twice"):
            return [_Scenario(fault)]
        if not clean.points:
            return []
        if fault in BY_LINE:
            return [_Scenario(fault, point) for point in clean.points]
        lines = [point for point in clean.points if not point.after]
        place = {"race": 0, "hang": -1, "backend": -1}.get(fault, len(lines) // 2)
        return [_Scenario(fault, lines[place])]

    # --- one scenario

    def outcome(self, scenario: _Scenario) -> Outcome:
        assert self._clean is not None
        harness = self.harness
        self._reset()
        start = time.monotonic()
        identifier = str(uuid.uuid4())
        note = ""
        recovered = stuck = False
        observed: Any = None
        try:
            note = getattr(self, f"_{scenario.fault}")(scenario, identifier) or ""
            observed = self._observe()
            if self._recover and compare(self._clean.observed, observed) != "survived":
                harness.send(self._recover)
                harness.settle()
                observed = self._observe()
                recovered = compare(self._clean.observed, observed) == "survived"
        except NotSeenError as error:
            stuck = True
            note = note or str(error)
            if scenario.fault == "hang" and not self._limits():
                note = "no time limit ends it: the process is taken for ever"
            observed = self._observe()
        if stuck or harness.left():
            harness.start_over()
        exceptions = [*harness.seen("failure", identifier), *harness.seen("retry", identifier)]
        return Outcome(
            fault=scenario.fault,
            verdict="stuck" if stuck else compare(self._clean.observed, observed, self._clean.before),
            point=scenario.point,
            runs=sum(entry[2] == self.task for entry in harness.seen("start")),
            exception=exceptions[-1][2] if exceptions else "",
            observed=observed,
            difference=tuple(differences(self._clean.observed, observed)),
            note=f"{note}; " * bool(note and recovered) + f"put right by {self._recover}" if recovered else note,
            recovered=recovered,
            seconds=time.monotonic() - start,
        )

    def _limits(self) -> dict[str, float]:
        """The task's time limits, scaled down in their order; none where it has none."""
        assert self._clean is not None
        given = {key: self._info[key] for key in ("soft_time_limit", "time_limit") if self._info[key]}
        base = max(1.0, 2 * self._clean.seconds)
        order = sorted(set(given.values()))
        return {key: base * (1 + order.index(value)) for key, value in given.items()}

    def _send(self, identifier: str, **options: Any) -> None:
        self.harness.send(*self._message, task_id=identifier, **options)

    def _stopped(self, scenario: _Scenario, identifier: str, **options: Any) -> tuple[Plan, int]:
        """Send the task and wait until it has stopped at the scenario's line: the plan, and the process that runs it.

        A message that is acknowledged early has been by then: the acknowledgement comes just after the start.
        """
        harness = self.harness
        harness.need_worker()
        plan = harness.begin(Plan(0, self.task, stop_at=scenario.point))
        self._send(identifier, **options)
        if not harness.journal.until(
            lambda: harness.seen("stopped", plan.number) or harness.ended(identifier), harness._patience
        ):
            raise NotSeenError(f"{self.task} did not start")
        if not harness.seen("stopped", plan.number):
            point = scenario.point
            assert point is not None
            raise _NotReachedError(f"this run of {self.task} did not come by {Path(point.file).name}:{point.line}")
        _, _, _, acks_late = harness.seen("stopped", plan.number)[0]
        if not acks_late:
            harness.wait("ack", identifier, within=5.0)
        return plan, harness.journal.pids("stopped", plan.number)[0]

    def _release(self, plan: Plan) -> None:
        Path(gate(self.harness.plan_file, plan)).touch()

    # --- the faults

    def _kill(self, scenario: _Scenario, identifier: str) -> None:
        _, pid = self._stopped(scenario, identifier)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.harness.settle()

    def _kill_worker(self, scenario: _Scenario, identifier: str) -> None:
        self._stopped(scenario, identifier)
        self.harness.stop_worker()
        self.harness.need_worker()
        self.harness.settle()

    def _deploy(self, scenario: _Scenario, identifier: str) -> None:
        plan, _ = self._stopped(scenario, identifier)
        worker = self.harness.need_worker()
        worker.send_signal(signal.SIGTERM)
        self.harness.wait("stopping")
        self._release(plan)
        self._replaced(worker)

    def _deploy_group(self, scenario: _Scenario, identifier: str) -> None:
        self._stopped(scenario, identifier)
        worker = self.harness.need_worker()
        worker.send_signal(signal.SIGTERM, group=True)
        self._replaced(worker)

    def _replaced(self, worker: Process) -> None:
        """Wait for the end of the worker as a deploy does, then start the next."""
        with contextlib.suppress(HarnessError):
            worker.wait(10.0)
        self.harness.start_worker()
        self.harness.settle()

    def _twice(self, _scenario: _Scenario, identifier: str) -> None:
        self.harness.need_worker()
        self.harness.begin(Plan(0, self.task))
        for _ in range(2):
            self._send(identifier)
            self.harness.settle()

    def _race(self, scenario: _Scenario, identifier: str) -> str:
        harness = self.harness
        harness.start_worker(concurrency=2)
        plan = harness.begin(Plan(0, self.task, stop_at=scenario.point, stops=2))
        for _ in range(2):
            self._send(identifier)
        both = harness.journal.until(lambda: len(harness.seen("stopped", plan.number)) == 2, 5.0)
        self._release(plan)
        harness.wait("end", identifier, times=2)
        harness.settle()
        harness.stop_worker()
        return "" if both else "the second run did not start beside the first"

    def _network(self, scenario: _Scenario, identifier: str) -> str:
        harness = self.harness
        harness.start_worker()  # connections are kept: only a new process opens them as the clean run did
        what = f"connection {scenario.connection}"
        if scenario.port is None:
            plan = harness.begin(Plan(0, self.task, connection=scenario.connection))
            self._send(identifier)
            harness.settle()
            refused = bool(harness.seen("refused", plan.number))
        else:
            what += f" to port {scenario.port}"
            proxy = harness.proxies[scenario.port]
            before = proxy.refused
            harness.begin(Plan(0, self.task))
            proxy.refuse(scenario.connection)
            self._send(identifier)
            try:
                harness.settle()
            finally:
                proxy.heal()
            refused = proxy.refused > before
        if not refused:
            raise _NotReachedError(f"this run of {self.task} did not open {what}")
        return what

    def _hang(self, scenario: _Scenario, identifier: str) -> str:
        limits = self._limits()
        self._stopped(scenario, identifier, **limits)
        self.harness.settle(None if limits else _NO_LIMIT)
        return "a time limit ended it"

    def _broker_restart(self, scenario: _Scenario, identifier: str) -> None:
        harness = self.harness
        plan, _ = self._stopped(scenario, identifier)
        # What a durable broker keeps: its messages, those that are unacknowledged among them.
        harness.client.save()
        port = harness.server.port
        harness.server.stop()
        harness.server.start(harness.processes)
        if harness.server.port != port:
            raise HarnessError("another program took the server's port while it was restarted")
        harness.connect()
        self._release(plan)
        harness.wait("end", identifier)
        harness.stop_worker()
        harness.need_worker()
        harness.settle()

    def _flush(self, _scenario: _Scenario, identifier: str) -> None:
        harness = self.harness
        # A worker that waits at the queue would take the message before it is flushed.
        harness.stop_worker()
        harness.begin(Plan(0, self.task))
        self._send(identifier)
        harness.server.flush()
        harness.need_worker()
        harness.settle()

    def _backend(self, scenario: _Scenario, identifier: str) -> None:
        harness = self.harness
        plan, pid = self._stopped(scenario, identifier)
        harness.backend.cut()
        try:
            self._release(plan)
            harness.journal.until(lambda: harness.seen("end", identifier) or not _lives(pid), 10.0)
        finally:
            harness.backend.heal()
        harness.settle()


def _lives(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _points(entries: list[list[Any]]) -> tuple[tuple[Point, ...], tuple[Function, ...]]:
    """All points of the runs that were recorded, and the functions that they lie in, each once."""
    points: dict[Point, None] = {}
    functions: dict[tuple[str, str, int], dict[Point, None]] = {}
    for _, _, recorded in entries:
        for file, line, after, name, first in recorded:
            point = Point(file, line, after)
            points.setdefault(point)
            functions.setdefault((file, name, first), {}).setdefault(point)
    found = tuple(Function(file, name, line, tuple(own)) for (file, name, line), own in functions.items())
    return tuple(points), found


__all__ = ["ALL", "Harness", "Outcome", "Report"]

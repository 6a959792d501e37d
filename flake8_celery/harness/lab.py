"""A lab: one experiment's own folder, databases, journal, HTTP service and processes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import HarnessError
from .journal import Journal, NotSeenError
from .processes import Process
from .service import Answer, Service

if TYPE_CHECKING:
    from redis import Redis
    from typing_extensions import Self

    from .processes import Processes
    from .servers import RedisServer
    from .templates import Templates

_PATIENCE = 60.0
_SIDE = Path(__file__).parent / "side"
_READY = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
_NOT_INHERITED = ("CELERY_", "DJANGO_", "FLAKE8_CELERY_", "PYTHON", "COVERAGE", "COV_CORE")


def outer_environment() -> dict[str, str]:
    """What all labs' processes have in their environment."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_INHERITED)}
    return env | {"PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1", "TZ": "UTC"}


@dataclass
class Ran:
    """A program that ran to its end: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The name of the exception that ended it, "" if none did."""
        lines = [line for line in self.err.splitlines() if line and not line.startswith((" ", "\t"))]
        return lines[-1].partition(":")[0].rpartition(".")[2] if self.code and lines else ""


class Worker(Process):
    """A worker or beat of the lab."""

    def kill_child(self) -> None:
        """SIGKILL to the processes of the pool, as the kernel does when memory runs out."""
        for child in self.children():
            child.kill()

    def terminate(self, *, group: bool = False) -> None:
        """SIGTERM, as a deploy sends it: to the worker, or to its whole group as some supervisors do."""
        self.send_signal(signal.SIGTERM, group=group)


class Lab:
    """What an experiment works with. `variant` is "bad" or "good", `broker` "redis" or "rabbitmq".

    Every wait is bounded and ends with the event it waits for; nothing sleeps.
    """

    def __init__(
        self,
        source: Path,
        *,
        processes: Processes,
        redis: RedisServer,
        rabbitmq: str | None = None,
        variant: str = "",
        templates: Templates | None = None,
    ) -> None:
        self.variant = variant
        self.name = f"lab-{uuid.uuid4().hex[:8]}"
        self.server = redis
        self.broker = "rabbitmq" if rabbitmq else "redis"
        self._processes = processes
        self._templates = templates
        self._started: list[Worker] = []
        self._databases = redis.take(3)
        self.folder = Path(tempfile.mkdtemp(prefix=f"flake8-celery-{self.name}-"))
        self._work = self.folder / ".lab"
        shutil.copytree(source, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        self._work.mkdir()
        self._journal = Journal(self._work / "journal", processes.check)
        self.service = Service()
        self.broker_url = rabbitmq or redis.url(self._databases[0])
        self.backend_url = redis.url(self._databases[1])
        self.queue = self.name if rabbitmq else "celery"
        self.env = self._environment()
        self._ids: list[str] = []
        self._write_program()

    def _environment(self) -> dict[str, str]:
        env = outer_environment()
        env |= {
            "PATH": f"{self._work}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}",
            "PYTHONPATH": f"{self.folder}{os.pathsep}{_SIDE}",
            "CELERY_BROKER_URL": self.broker_url,
            "CELERY_BROKER_READ_URL": self.broker_url,
            "CELERY_BROKER_WRITE_URL": self.broker_url,
            "CELERY_RESULT_BACKEND": self.backend_url,
            "REDIS_URL": self.server.url(self._databases[2]),
            "SERVICE_URL": self.service.url,
            "LAB_NAME": self.name,
            "FLAKE8_CELERY_JOURNAL": str(self._journal.path),
        }
        env["FLAKE8_CELERY_SERVERS"] = f"{self.broker_url} {self.backend_url} {env['REDIS_URL']}"
        return env

    def _write_program(self) -> None:
        """A `celery` for scripts and entry points that call it by name."""
        program = self._work / "celery"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m flake8_celery.harness.shim "$@"\n', "utf-8")
        program.chmod(0o755)

    # --- processes

    def worker(
        self,
        app: str,
        *args: str,
        concurrency: int = 1,
        pool: str = "prefork",
        env: Mapping[str, str] | None = None,
        loglevel: str = "INFO",
        queues: str | None = None,
        ready: bool = True,
    ) -> Worker:
        """Start `celery -A app worker` and wait until it is ready, unless `ready` is false.

        Raises HarnessError with the worker's output if it ends before.
        """
        number = len(self._started)
        options = ["--loglevel", loglevel, "--pool", pool, "--concurrency", str(concurrency)]
        options += ["--hostname", f"{self.name}-{number}@lab"]
        options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        if queues or self.broker != "redis":
            options += ["--queues", queues or self.queue]
        return self._celery(["-A", app, "worker", *options, *args], env, ready=ready)

    def beat(self, app: str, *args: str, env: Mapping[str, str] | None = None, ready: bool = True) -> Worker:
        """Start `celery -A app beat` with a schedule file of its own."""
        schedule = self._work / f"schedule-{len(self._started)}"
        options = ["--loglevel", "INFO", "--pidfile", "", "--schedule", str(schedule)]
        return self._celery(["-A", app, "beat", *options, *args], env, ready=ready)

    def _celery(self, command: list[str], env: Mapping[str, str] | None, *, ready: bool) -> Worker:
        worker = self._start([sys.executable, "-m", "flake8_celery.harness.shim", *command], env, forked=True)
        if ready:
            self.wait_ready(worker)
        return worker

    def wait_ready(self, worker: Process, within: float = _PATIENCE) -> None:
        """Wait until a worker or beat that was started with `ready=False` is ready."""
        self.until(lambda: worker.pid in self._journal.pids("ready") or not worker.alive, within)
        if not worker.alive:
            raise HarnessError(f"{worker.title} ended with {worker.popen.returncode}: {worker.tail()}")
        if worker.pid not in self._journal.pids("ready"):
            raise NotSeenError(f"{worker.title} was not ready within {within:g} s: {worker.tail()}")

    def start(self, command: list[str], *, env: Mapping[str, str] | None = None) -> Worker:
        """Start any program in the lab's folder, with the lab's environment and `env`."""
        return self._start(command, env)

    def _start(
        self, command: list[str], env: Mapping[str, str] | None, out: Path | None = None, *, forked: bool = False
    ) -> Worker:
        log = self._work / f"{len(self._started)}.log"
        whole = {**self.env, **(env or {})}
        template = self._templates.find(command, cwd=self.folder, env=whole) if forked and self._templates else None
        process = self._processes.start(
            Worker, command, cwd=self.folder, env=whole, log=log, out=out, template=template
        )
        self._started.append(process)
        return process

    def python(self, *args: str, env: Mapping[str, str] | None = None, within: float = _PATIENCE) -> Ran:
        """Run `python args…` in the lab's folder to its end."""
        out = self._work / f"{len(self._started)}.out"
        process = self._start([sys.executable, *args], env, out, forked=True)
        code = process.wait(within)
        return Ran(code, out.read_text("utf-8", "replace").strip(), process.log.strip())

    # --- messages and results

    def send(self, task: str, *args: object, kwargs: Mapping[str, object] | None = None, **options: Any) -> str:
        """Send a message for the task of that name and return its id; `options` are those of `apply_async`."""
        from celery import Celery

        options.setdefault("queue", self.queue)
        identifier = str(uuid.uuid4())
        with Celery(
            self.name, broker=self.broker_url, set_as_current=False, changes={"result_backend": None}
        ) as client:
            client.conf.task_always_eager = False
            client.send_task(task, args, dict(kwargs or {}), task_id=identifier, **options)
        self._ids.append(identifier)
        return identifier

    def outcome(self, identifier: str, within: float = 30.0) -> str:
        """How a task ended: `SUCCESS`, `FAILURE (WorkerLostError)`, …; if it has not by then, its present state."""
        with self.backend_client() as client:
            self.until(lambda: _meta(client, identifier).get("status") in _READY, within)
            meta = _meta(client, identifier)
        state = str(meta.get("status", "PENDING"))
        if state == "FAILURE" and isinstance(meta.get("result"), dict):
            return f"{state} ({meta['result'].get('exc_type')})"
        return state

    def result(self, identifier: str) -> Any:
        """What a task returned; for a failure the stored description of the exception."""
        from kombu.utils.json import loads

        with self.backend_client() as client:
            return loads(json.dumps(_meta(client, identifier).get("result")))  # type: ignore[no-untyped-call]

    def left(self, within: float = 3.0) -> int:
        """How many messages wait in the queue or are unacknowledged, once none is left or after `within` seconds.

        A result is stored before its message is acknowledged. RabbitMQ counts only what waits.
        """
        with self._queued() as queued:
            self.until(lambda: queued() == 0, within)
            return queued()

    @contextlib.contextmanager
    def _queued(self) -> Iterator[Callable[[], int]]:
        """Asks over one connection: to open one takes longer than to ask."""
        if self.broker == "redis":
            with self.broker_client() as client:
                yield lambda: int(client.llen(self.queue)) + int(client.hlen("unacked"))
            return
        from celery import Celery

        with (
            Celery(self.name, broker=self.broker_url, set_as_current=False) as app,
            app.connection_for_read() as connection,
        ):
            channel = connection.default_channel
            yield lambda: int(channel.queue_declare(self.queue, passive=True).message_count)

    def barrier(self, within: float = _PATIENCE, **options: Any) -> None:
        """Send a task of Celery's own through the queue and wait until it has run.

        With one process in the pool, what was sent before has then had its turn.
        """
        identifier = self.send("celery.accumulate", **options)
        self._journal.wait("end", identifier, within=within)

    def acknowledged(self, identifier: str, within: float = _PATIENCE) -> None:
        """Wait until the worker has acknowledged the task's message."""
        self._journal.wait("ack", identifier, within=within)

    def age_unacked(self) -> None:
        """Let the visibility timeout of everything unacknowledged pass, as far as the next worker can tell.

        RabbitMQ gives such messages back by itself.
        """
        if self.broker == "redis":
            with self.broker_client() as client:
                for tag in client.zrange("unacked_index", 0, -1):
                    client.zadd("unacked_index", {tag: 0})

    def broker_client(self) -> Redis:
        """A client for the database that holds the queues."""
        return self.server.client(self._databases[0])

    def backend_client(self) -> Redis:
        """A client for the database that holds the results."""
        return self.server.client(self._databases[1])

    def redis(self) -> Redis:
        """A client for the database that `REDIS_URL` names: the code's own."""
        return self.server.client(self._databases[2])

    # --- what happened

    def journal(self, *prefix: object) -> list[list[Any]]:
        """The entries that the code wrote, or those that begin with `prefix`."""
        return [entry[1:] for entry in self._journal.entries("note", *prefix)]

    def pids(self, *prefix: object) -> list[int]:
        """The processes that wrote the entries that begin with `prefix`."""
        return self._journal.pids("note", *prefix)

    def count(self, *prefix: object) -> int:
        return len(self.journal(*prefix))

    def wait_for(self, *prefix: object, times: int = 1, within: float = _PATIENCE) -> list[list[Any]]:
        """Wait until the code has written `times` such entries; raises NotSeenError."""
        return [entry[1:] for entry in self._journal.wait("note", *prefix, times=times, within=within)]

    def wait_started(self, identifier: str, times: int = 1, within: float = _PATIENCE) -> None:
        """Wait until a worker has begun with the task."""
        self._journal.wait("start", identifier, times=times, within=within)

    def wait_ended(self, identifier: str, times: int = 1, within: float = _PATIENCE) -> None:
        """Wait until a worker's process has come to the end of the task, whatever the outcome."""
        self._journal.wait("end", identifier, times=times, within=within)

    def started(self, identifier: str) -> int:
        """How often a worker has begun with the task."""
        return len(self._journal.entries("start", identifier))

    def until(self, condition: Callable[[], object], within: float = _PATIENCE) -> bool:
        """Wait until the condition is true; tells whether it became so."""
        return self._journal.until(condition, within)

    def comes(self, condition: Callable[[], object], *, with_: str, otherwise: float) -> bool:
        """Whether the condition becomes true, which it should with the `with_` code, "bad" or "good".

        There is no event for what does not happen: with the other code it has `otherwise` seconds.
        """
        return self._journal.until(condition, _PATIENCE if self.variant == with_ else otherwise)

    def release(self, name: str) -> None:
        """Open a gate for all who wait at it and will wait at it."""
        Path(f"{self._journal.path}.{name}").touch()

    def http(self, *answers: Answer) -> Service:
        """Plan the next answers of the service at `SERVICE_URL`; after them it answers 200."""
        self.service.answer(*answers)
        return self.service

    # --- end

    def close(self) -> None:
        """End everything the lab has started and remove what it left."""
        with contextlib.ExitStack() as last:
            last.callback(shutil.rmtree, self.folder, ignore_errors=True)
            last.callback(self.server.give_back, self._databases)
            if self.broker == "rabbitmq":
                last.callback(self._delete_queue)
            last.callback(self.service.close)
            for process in self._started:
                process.kill()
                self._processes.forget(process)

    def _delete_queue(self) -> None:
        from celery import Celery

        with (
            Celery(self.name, broker=self.broker_url, set_as_current=False) as client,
            client.connection_for_write() as connection,
        ):
            connection.default_channel.queue_delete(self.queue)
            connection.default_channel.exchange_delete(self.queue)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _meta(client: Redis, identifier: str) -> dict[str, Any]:
    """What the result backend holds of a task."""
    text = client.get(f"celery-task-meta-{identifier}")
    return json.loads(text) if text else {}

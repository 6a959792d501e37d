"""Workers that are forked off a process that has loaded the app: a new one is ready in a fraction of a second."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psutil

from . import HarnessError
from .processes import Process

if TYPE_CHECKING:
    from .journal import Journal
    from .processes import Processes

_BOOT = 60.0


class _Adopted:
    """What `Process` asks of a `Popen`, for a process that is somebody else's child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                ended = self._process.status() == psutil.STATUS_ZOMBIE or not self._process.is_running()
            except psutil.NoSuchProcess:
                ended = True
            if ended:
                self.returncode = 0  # only its parent knows better
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise HarnessError(f"process {self.pid} does not end")
            time.sleep(0.002)
        return code


class Workers:
    """Starts workers of one app, one at a time or several. Raises HarnessError where the app cannot be loaded."""

    def __init__(
        self, app: str, *, processes: Processes, journal: Journal, folder: Path, cwd: Path, env: Mapping[str, str]
    ) -> None:
        self._journal = journal
        self._folder = folder
        self._app = app
        self._count = 0
        self._orders = Path(env["FLAKE8_CELERY_ORDERS"])
        os.mkfifo(self._orders)
        self._log = folder / "loader.log"
        command = [sys.executable, "-m", "flake8_celery.harness.faults", "-A", app, "worker", "--pool", "prefork"]
        command += ["--loglevel", "INFO", "--hostname", "survival@harness"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self._loader = processes.start(Process, command, cwd=cwd, log=self._log, env=env)

    def tasks(self) -> dict[str, dict[str, Any]]:
        """The tasks of the app as the worker knows them, once it is loaded."""
        self._journal.until(lambda: self._journal.entries("tasks") or not self._loader.alive, _BOOT)
        found = self._journal.entries("tasks")
        if not found:
            raise HarnessError(f"the app {self._app} cannot be loaded: {_reason(self._loader.log)}")
        return cast("dict[str, dict[str, Any]]", found[0][1])

    def start(self, concurrency: int = 1) -> Process:
        """A new worker, ready."""
        self.tasks()
        self._count += 1
        log = self._folder / f"worker-{self._count}.log"
        order = {"number": self._count, "log": str(log), "concurrency": concurrency}
        with self._orders.open("w", encoding="utf-8") as orders:
            orders.write(json.dumps(order) + "\n")
        self._journal.wait("forked", self._count, within=_BOOT)
        pid = self._journal.pids("forked", self._count)[0]
        worker = Process(_Adopted(pid), log, ["worker", self._app])
        self._journal.until(lambda: pid in self._journal.pids("ready") or not worker.alive, _BOOT)
        if not worker.alive or pid not in self._journal.pids("ready"):
            raise HarnessError(f"the worker of {self._app} did not get ready: {worker.tail()}")
        return worker

    def close(self) -> None:
        """Kill the loader and all workers that it has started."""
        self._loader.kill()


def _reason(log: str) -> str:
    """The end of what it printed: Celery's own sentence where it has one."""
    lines = [line.strip("\n") for line in log.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith(("Error:", "refusing")):
            told = lines[-1:] if any("Traceback" in part for part in lines[number:]) else lines[number:]
            return " ".join(part.strip() for part in told).removeprefix("Error: ")
    return "\n".join(lines[-12:]) or "(it printed nothing)"

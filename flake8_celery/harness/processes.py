"""Child processes, each in a session of its own, none of which outlives the harness."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import psutil

from . import HarnessError

if TYPE_CHECKING:
    from .templates import Template

_GONE = 5.0


class Running(Protocol):
    """The part of `subprocess.Popen` that a process needs."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Process:
    """A child process and its whole group. `log` is the file with what it prints."""

    def __init__(self, popen: Running, log: Path, command: Sequence[str]) -> None:
        self.popen = popen
        self.command = list(command)
        self._log = log
        self._known: dict[int, psutil.Process] = {}

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def log(self) -> str:
        """What the process has printed up to now, standard error included."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def children(self) -> list[psutil.Process]:
        """The living processes below this one."""
        try:
            found = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self._known.update({child.pid: child for child in found})
        return [child for child in found if _lives(child)]

    def wait(self, within: float = 90.0) -> int:
        """Wait for the end of the process and return its exit code, negative for a signal.

        Raises HarnessError with the end of its output if it goes on for longer than `within` seconds.
        """
        try:
            return self.popen.wait(within)
        except subprocess.TimeoutExpired:
            raise HarnessError(f"{self.title} still runs after {within:g} s: {self.tail()}") from None

    def send_signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the process, or to its whole group as a supervisor with `stopasgroup` does."""
        with contextlib.suppress(ProcessLookupError):
            if group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL to the process and everything below it, as a power loss would; returns when all are gone."""
        family = [*self.children(), *self._known.values()]
        # The pool sees its parent's end and goes by itself; what is stopped cannot start anything meanwhile.
        self.send_signal(signal.SIGKILL, group=True)
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self.popen.wait()
        end = time.monotonic() + _GONE
        while any(_lives(child) for child in family) and time.monotonic() < end:  # a zombie of init's is gone for us
            time.sleep(0.002)

    @property
    def title(self) -> str:
        return " ".join(Path(part).name if "/" in part else part for part in self.command[:6])

    def tail(self, characters: int = 1500) -> str:
        """The end of its output, for an error message."""
        return self.log.strip()[-characters:] or "(it printed nothing)"


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _execute(
    command: Sequence[str],
    *,
    cwd: Path,
    log: Path,
    out: Path | None,
    env: Mapping[str, str] | None,
    pass_fds: Sequence[int],
) -> subprocess.Popen[bytes]:
    with contextlib.ExitStack() as files:
        errors = files.enter_context(log.open("ab"))
        output = files.enter_context(out.open("ab")) if out else errors
        return subprocess.Popen(  # noqa: S603 - what to run is the experiment's to say
            command,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            pass_fds=pass_fds,
        )


P = TypeVar("P", bound=Process)


class Processes:
    """All processes of one run. A process is registered before anybody waits for it, so that none can be forgotten."""

    def __init__(self) -> None:
        self._all: list[Process] = []
        self._lock = threading.Lock()
        self.closed = threading.Event()
        atexit.register(self.close)

    def start(
        self,
        kind: type[P],
        command: Sequence[str],
        *,
        cwd: Path,
        log: Path,
        out: Path | None = None,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        template: Template | None = None,
    ) -> P:
        """Start a program in a session of its own, or fork it off a `template` as long as that one lives.

        `log` gets its output; with `out`, that gets standard output and `log` the errors. Raises HarnessError after
        `close()`.
        """
        with self._lock:
            self.check()
            popen: Running | None = None
            if template is not None and env is not None:
                popen = template.fork(command[1:], cwd=cwd, env=env, log=log, out=out or log)
            if popen is None:
                popen = _execute(command, cwd=cwd, log=log, out=out, env=env, pass_fds=pass_fds)
            process = kind(popen, log, command)
            self._all.append(process)
        return process

    def check(self) -> None:
        """Raise HarnessError if the run was stopped: nothing that is waited for can happen any more."""
        if self.closed.is_set():
            raise HarnessError("the run was stopped")

    def forget(self, process: Process) -> None:
        """Drop a process that has ended."""
        with self._lock:
            if process in self._all:
                self._all.remove(process)

    def close(self) -> None:
        """Kill whatever still runs. Nothing can be started afterwards."""
        with self._lock:
            self.closed.set()
            remaining, self._all = self._all, []
        for process in reversed(remaining):  # what was started first serves the others
            process.kill()
        atexit.unregister(self.close)


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP end the program like Ctrl-C does, so that everything is cleaned up."""

    def stop(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

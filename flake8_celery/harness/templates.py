"""Templates: processes that have imported Celery, off which the labs' workers, beats and scripts are forked.

To start Python and to import Celery takes longer than most experiments. A template does it once (see `template`). What
is forked off it cannot be told from what is started anew by anything that an experiment looks at; where that is not
certain, `Templates.find` says None and the command is started as a program of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from . import HarnessError
from .processes import Process

if TYPE_CHECKING:
    from .processes import Processes

WORKER = f"{__package__}.shim"
_BOOT = 60.0
_ANSWER = 30.0
# Read by the interpreter, the C library and OpenSSL themselves when a process starts.
_READ_AT_START = ("PYTHON", "LC_", "LD_", "LANG", "LOCPATH", "TZ", "HOME", "MALLOC_", "GLIBC_", "OPENSSL_", "COVERAGE")
_IMPORTED_AT_START = frozenset({"sitecustomize", "usercustomize"})
_INDENTED = re.compile(r"\s*\n[ \t]|[ \t]")  # code whose first spaces some versions of Python take away
_PATCHING = frozenset({"eventlet", "gevent"})  # pools that replace what is imported


class TemplateError(HarnessError):
    """Nothing can be forked off this template, now or ever."""


class Forked:
    """What `Process` asks of a `Popen`, for a process that a template has forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.log: Path | None = None
        self._ended = threading.Event()
        with contextlib.suppress(psutil.NoSuchProcess):  # then it is said next how it ended
            self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def end(self, code: int) -> None:
        """It has ended with this exit code, as its template says."""
        self.returncode = code
        self._ended.set()

    def lose(self) -> None:
        """Its template is gone: end it, with its group, since nobody would ever know how it ends."""
        with contextlib.suppress(AttributeError, psutil.NoSuchProcess, ProcessLookupError):
            if self._process.is_running():
                os.killpg(self.pid, signal.SIGKILL)
        if self.log is not None:
            with contextlib.suppress(OSError), self.log.open("a", encoding="utf-8") as log:
                log.write("\nended by the harness: the template that it was forked off is gone\n")
        self.end(-signal.SIGKILL)


class Template:
    """One process that has imported what this kind of program imports. Raises TemplateError where it cannot serve."""

    def __init__(self, kind: str, processes: Processes, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._folder = Path(tempfile.mkdtemp(prefix="flake8-celery-template-"))
        self._forked: dict[int, Forked] = {}
        self._reports: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._gone = False
        self._socket, other = socket.socketpair()
        try:
            with other:
                self.process = processes.start(
                    Process,
                    [sys.executable, "-m", f"{__package__}.template", str(other.fileno()), kind],
                    cwd=self._folder,
                    log=self._folder / "log",
                    env=self._env,
                    pass_fds=(other.fileno(),),
                )
            threading.Thread(target=self._listen, daemon=True, name=f"template of a {kind}").start()
            imported = self._next(_BOOT)
        except BaseException:
            self._socket.close()
            self.close()
            raise
        self._modules = frozenset(imported["modules"])
        self._read = frozenset(imported["read"])

    def _listen(self) -> None:
        """Pass on what the template reports, until it ends."""
        with contextlib.suppress(OSError), self._socket.makefile("rb") as lines:
            for line in lines:
                report = json.loads(line)
                if report.get("pid"):
                    report["process"] = self._forked[report["pid"]] = Forked(report["pid"])
                if "ended" not in report:
                    self._reports.put(report)
                elif report["ended"] in self._forked:
                    self._forked.pop(report["ended"]).end(report["code"])
        self._gone = True
        self._socket.close()
        for process in self._forked.values():
            process.lose()
        self._reports.put(None)

    def _next(self, within: float) -> dict[str, Any]:
        report = None
        with contextlib.suppress(queue.Empty):
            report = self._reports.get(timeout=within)
        if report is None:
            self._gone = True
            self.process.kill()
            raise TemplateError(f"a template ended: {self.process.tail()}")
        return report

    def fits(self, env: Mapping[str, str], names: AbstractSet[str]) -> bool:
        """Whether a program with this environment, that finds modules of these names first, would import the same."""
        if self._gone or not names.isdisjoint(self._modules | _IMPORTED_AT_START):
            return False
        differing = {key for key in self._env.keys() | env.keys() if self._env.get(key) != env.get(key)}
        differing.discard("PYTHONPATH")
        return not any(key in self._read or key.startswith(_READ_AT_START) for key in differing)

    def fork(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path, out: Path
    ) -> Forked | None:
        """Run `python arguments…` in a new process, in a session of its own; None if the template has ended."""
        order = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "log": str(log), "out": str(out)}
        with self._lock:
            try:
                self._socket.sendall(json.dumps(order).encode() + b"\n")
                process: Forked | None = self._next(_ANSWER).get("process")
            except (OSError, TemplateError):
                return None
        if process is not None:
            process.log = log
        return process

    def close(self) -> None:
        """End it and everything that was forked off it."""
        process = getattr(self, "process", None)
        if process is not None:
            process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


class Templates:
    """The templates of one run, started when they are needed first. `env` is the environment they are started with."""

    def __init__(self, processes: Processes, env: Mapping[str, str]) -> None:
        self._processes = processes
        self._env = env
        self._found: dict[str, Template | None] = {}
        self._lock = threading.Lock()

    def find(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Template | None:
        """A template off which this command can be forked, None where it has to be started anew."""
        if sys.platform != "linux" or command[0] != sys.executable:
            return None
        if not _PATCHING.isdisjoint(command):
            return None
        if list(command[1:3]) == ["-m", WORKER]:
            kind, first = "worker", cwd
        elif command[1] == "-c" and not _INDENTED.match(command[2]):
            kind, first = "client", cwd
        elif (script := cwd / command[1]).is_file():
            kind, first = "client", script.parent
        else:
            return None
        template = self._get(kind)
        found = template is not None and template.fits(env, _names([first, *_folders(env, cwd)]))
        return template if found else None

    def _get(self, kind: str) -> Template | None:
        with self._lock:
            if kind not in self._found:
                try:
                    self._found[kind] = Template(kind, self._processes, self._env)
                except HarnessError:
                    self._found[kind] = None
            return self._found[kind]

    def close(self) -> None:
        """End all templates, with what was forked off them."""
        for template in self._found.values():
            if template is not None:
                template.close()


def _folders(env: Mapping[str, str], cwd: Path) -> list[Path]:
    return [cwd / entry for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _names(folders: Sequence[Path]) -> set[str]:
    """The names of all that could be imported from these folders."""
    found: set[str] = set()
    for folder in folders:
        with contextlib.suppress(OSError):
            found.update(name.partition(".")[0] for name in os.listdir(folder))
    return found

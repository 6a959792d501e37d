"""The journal: an append-only file into which all processes of a lab write what happens, one JSON list a line.

A line is `[kind, pid, …]`. One short line written to a file that was opened for appending is not torn, also between
processes.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import HarnessError

_STEP = 0.004
_LONGEST_STEP = 0.02


class NotSeenError(HarnessError):
    """What was waited for did not happen in time."""


class Journal:
    """Reads the journal of one lab and waits for entries; `check` raises where waiting has become useless."""

    def __init__(self, path: Path, check: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self._check = check
        path.touch()
        self._entries: list[list[Any]] = []
        self._offset = 0
        self._lock = threading.Lock()

    def write(self, kind: str, *values: object) -> None:
        append(self.path, kind, *values)

    def entries(self, *prefix: object) -> list[list[Any]]:
        """All entries up to now, or those that begin with `prefix`, a kind first; without the process id."""
        with self._lock:
            if self.path.stat().st_size > self._offset:
                with self.path.open("rb") as file:
                    file.seek(self._offset)
                    data = file.read()
                whole = data[: data.rfind(b"\n") + 1]
                self._offset += len(whole)
                self._entries += [json.loads(line) for line in whole.splitlines()]
            found = [[kind, *rest] for kind, _pid, *rest in self._entries]
        return [entry for entry in found if entry[: len(prefix)] == list(prefix)]

    def pids(self, *prefix: object) -> list[int]:
        """The processes that wrote the entries that begin with `prefix`, in the order of the entries."""
        self.entries()
        with self._lock:
            return [pid for kind, pid, *rest in self._entries if [kind, *rest][: len(prefix)] == list(prefix)]

    def wait(self, *prefix: object, times: int = 1, within: float = 30.0) -> list[list[Any]]:
        """Wait until `times` entries begin with `prefix`; raises NotSeenError after `within` seconds."""
        if not self.until(lambda: len(self.entries(*prefix)) >= times, within):
            seen = len(self.entries(*prefix))
            what = " ".join(map(str, prefix))
            raise NotSeenError(f"`{what}` was seen {seen} of {times} times within {within:g} s")
        return self.entries(*prefix)

    def until(self, condition: Callable[[], object], within: float = 30.0) -> bool:
        """Wait until `condition()` is true, for `within` seconds at most; tells whether it became true."""
        end = time.monotonic() + within
        step = _STEP
        while not condition():
            self._check()
            if time.monotonic() > end:
                return bool(condition())
            time.sleep(step)
            step = min(step * 1.1, _LONGEST_STEP)  # what has not come soon may be seen a little later
        return True


def append(path: str | Path, kind: str, *values: object) -> None:
    """Add one entry to a journal."""
    line = json.dumps([kind, os.getpid(), *values], default=str) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)

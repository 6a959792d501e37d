"""A progress bar for long work on a terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    import rich.progress
    from typing_extensions import Self

PATIENCE = 1.0
"""Seconds of work before the bar appears; short runs need no bar, and no import of rich."""
_PAUSE = 0.1
"""Seconds between two looks of it."""


class Progress:
    """Nothing where `stream` is no terminal. The first file takes long: the whole project is read for it, which `read`
    tells of. The bar moves when it is told something: a thread that moved it would keep the command from forking."""

    def __init__(self, stream: TextIO) -> None:
        self.total: int | None = None
        self._done = 0
        self._stream = stream
        self._bar: rich.progress.Progress | None = None
        self._due: float | None = None

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._due = time.monotonic() + PATIENCE
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._due = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def read(self, count: int, total: int) -> None:
        """`count` files of `total` of the project have been looked at."""
        self._update("Reading", count, total)

    def advance(self) -> None:
        """One of `total` files has been checked."""
        self._done += 1
        self._update("Checking", self._done, self.total)

    def _update(self, phase: str, count: int, total: int | None) -> None:
        now = time.monotonic()
        if self._due is None or now < self._due:
            return
        self._due = now + _PAUSE
        if self._bar is None:
            self._bar = _bar(self._stream)
            self._bar.start()
        shown = f"{count}/{total}" if total is not None else ""
        task = self._bar.task_ids[0]
        self._bar.update(task, description=phase, total=total, completed=count, count=shown, refresh=True)


def _bar(stream: TextIO) -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}")
    bar = Progress(*columns, console=Console(file=stream), transient=True, auto_refresh=False)
    bar.add_task("", total=None, count="")
    return bar

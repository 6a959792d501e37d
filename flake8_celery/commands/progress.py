"""A progress bar for long work on a terminal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    import rich.progress
    from typing_extensions import Self

PATIENCE = 1.0
"""Seconds of work before the bar appears; short runs need no bar, and no import of rich."""


class Progress:
    """Nothing where `stream` is no terminal. The first file takes long: the whole project is read for it."""

    def __init__(self, stream: TextIO) -> None:
        self.total: int | None = None
        self._done = 0
        self._stream = stream
        self._lock = threading.Lock()
        self._bar: rich.progress.Progress | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._timer = threading.Timer(PATIENCE, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._bar is not None:
                self._bar.stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        with self._lock:
            if self._timer is None:
                return
            bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[count]}"),
                console=Console(file=self._stream),
                transient=True,
            )
            bar.add_task("Reading", total=None, count="")
            self._bar = bar
            bar.start()

    def advance(self) -> None:
        self._done += 1
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0],
                description="Checking",
                total=self.total,
                completed=self._done,
                count=f"{self._done}/{self.total}",
            )

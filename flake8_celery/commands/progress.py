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
    """Nothing where `stream` is no terminal. The first file takes long: the whole project is read for it, which `read`
    tells of."""

    def __init__(self, stream: TextIO) -> None:
        self.total: int | None = None
        self._done = 0
        self._now: tuple[str, int, int | None] = ("Reading", 0, None)
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
            bar.add_task("", total=None)
            self._bar = bar
            self._update()
            bar.start()

    def read(self, count: int, total: int) -> None:
        """`count` files of `total` of the project have been looked at."""
        self._now = "Reading", count, total
        self._update()

    def advance(self) -> None:
        """One of `total` files has been checked."""
        self._done += 1
        self._now = "Checking", self._done, self.total
        self._update()

    def _update(self) -> None:
        if self._bar is None:
            return
        phase, count, total = self._now
        shown = f"{count}/{total}" if total is not None else ""
        self._bar.update(self._bar.task_ids[0], description=phase, total=total, completed=count, count=shown)

"""A line tracer for the project's own functions, in the process that runs a task."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from .plan import Point

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def is_own(code: CodeType, root: str) -> bool:
    """Whether it is a function of the project: below its folder, not installed, no module's or class's body.

    Bodies of modules run at the first import only, which need not be in the task.
    """
    if not code.co_flags & inspect.CO_OPTIMIZED or code.co_filename.startswith("<"):
        return False
    path = os.path.abspath(code.co_filename)
    return (
        path.startswith(root.rstrip(os.sep) + os.sep)
        and not path.startswith(_OURS)
        and not any(folder in path for folder in _INSTALLED)
    )


class Tracer:
    """Calls `reached` with each point of the project's own code, the first time it is reached.

    The last point is the return of the function that was entered first: the task's own or a decorator's around it.
    """

    def __init__(self, root: str, reached: Callable[[Point, FrameType], None]) -> None:
        self._root = root
        self._reached = reached
        self._own: dict[CodeType, bool] = {}
        self._seen: set[tuple[str, int]] = set()
        self._first: FrameType | None = None

    def start(self) -> None:
        sys.settrace(self._call)

    def stop(self) -> None:
        sys.settrace(None)
        self._first = None

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        own = self._own.get(code)
        if own is None:
            own = self._own[code] = is_own(code, self._root)
        if not own:
            return None
        if self._first is None:
            self._first = frame
        return self._local

    def _local(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            key = (frame.f_code.co_filename, frame.f_lineno)
            if key not in self._seen:
                self._seen.add(key)
                self._reached(Point(os.path.abspath(frame.f_code.co_filename), frame.f_lineno), frame)
        elif event == "return" and frame is self._first:
            self._reached(Point(os.path.abspath(frame.f_code.co_filename), frame.f_lineno, after=True), frame)
        return self._local


def nearest(root: str, frame: FrameType | None) -> Point | None:
    """The line of the project that led to `frame`."""
    while frame is not None:
        if is_own(frame.f_code, root):
            return Point(os.path.abspath(frame.f_code.co_filename), frame.f_lineno)
        frame = frame.f_back
    return None

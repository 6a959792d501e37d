"""Where to report what an option does: at the task that sets it, or once at the setting, alias or base class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..model import Module, Span, Task, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

    T = TypeVar("T")


@dataclass
class Place:
    """A line that sets an option, with the tasks it sets it for. `own` when it is the declaration of the one task."""

    path: str
    span: Span
    own: bool
    tasks: list[Task] = field(default_factory=list)


def is_own(task: Task, value: Value) -> bool:
    """Whether the task's own declaration sets the value."""
    path, _, line = value.origin.rpartition(":")
    if path != task.module.path or not line.isdigit():
        return False
    number = int(line)
    return number >= task.span.line and (task.cls is not None or number <= task.function.span.line)


class Places:
    """Collects the tasks that are to be reported by the line where the option is set."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found: dict[tuple[str, int], Place] = {}

    def add(self, task: Task, value: Value) -> Place | None:
        """Report the task for that value; None where the value is not set in Python code."""
        if is_own(task, value):
            path, span, own = task.module.path, task.span, True
        else:
            path, _, line = value.origin.rpartition(":")
            module = self._project.module(path) if path and line.isdigit() else None
            if module is None:
                return None
            span, own = statement_at(module, int(line)), False
        place = self._found.setdefault((path, span.line), Place(path, span, own))
        place.tasks.append(task)
        return place

    @property
    def tasks(self) -> list[Task]:
        return [task for place in self._found.values() for task in place.tasks]

    def of(self, module: Module) -> Iterator[Place]:
        """The places in a module, in the order of lines."""
        return iter(sorted((p for p in self._found.values() if p.path == module.path), key=lambda p: p.span.line))


def statement_at(module: Module, line: int) -> Span:
    """The assignment, or else the call, that begins at a line."""
    for scope in module.scopes:
        for assign in scope.assigns:
            if assign.span.line == line:
                return assign.span
    for scope in module.scopes:
        for call in scope.calls:
            if call.span.line == line:
                return call.span
    return Span(line, 0, line, 0)


def names(tasks: list[Task]) -> str:
    """ "`a`, `b` and 3 more" for messages."""
    shown = sorted({task.function.name if task.cls is None else task.cls.name for task in tasks})
    if len(shown) <= 2:
        return " and ".join(f"`{name}`" for name in shown)
    return ", ".join(f"`{name}`" for name in shown[:2]) + f" and {len(tasks) - 2} more"


def name(task: Task) -> str:
    """The task's name in messages."""
    return f"`{task.cls.name if task.cls is not None else task.function.name}`"


def number(value: float) -> str:
    """A number of seconds without needless decimals."""
    return f"{value:g}" if value < 1e6 else str(int(value))

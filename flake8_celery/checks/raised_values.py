"""What a task raises that cannot be raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Attr, Const, Expr, Finding, Format, Module, Name, Scope, Span, Task
from ..rule import rule
from .places import name, per_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project, Reach


@rule("CEL226")
def raise_no_exception(module: Module, project: Project) -> Iterator[Finding]:
    """`raise None` and texts that are raised, in what tasks run."""
    for path, span, what, who in _raised(project):
        if path == module.path:
            yield Finding(
                span,
                f"`raise {what}` raises TypeError instead: {who} fails with an error that says nothing, and is retried "
                "where errors are",
            )


@per_project
def _raised(project: Project) -> list[tuple[str, Span, str, str]]:
    found: dict[tuple[str, Span], tuple[str, Span, str, str]] = {}
    for task in project.tasks:
        for scope in _run(project, task):
            for raised in scope.raises:
                what = _no_exception(raised.value) if raised.value is not None else ""
                if what:
                    path = scope.module.path
                    found.setdefault((path, raised.span), (path, raised.span, what, name(task)))
    return list(found.values())


def _run(project: Project, task: Task) -> Iterator[Scope]:
    """What the task runs, and the methods of its own class that it calls on itself."""
    yield from (reached.scope for reached in project.of_task(_may_raise, task))
    cls, _ = project.base_class(task)
    if cls is None or not task.bound or not task.function.params:
        return
    own = Name(task.function.params[0].name)
    called = {c.attr for c in task.function.calls if isinstance(c.func, Attr) and c.func.base == own}
    classes = [cls, *(base.scope for base in project.names.ancestors(cls) if base is not None)]
    for one in classes:
        yield from (method for method in (one.children if one is not None else ()) if method.name in called)


def _may_raise(project: Project, task: Task) -> list[Reach]:
    return [
        reach
        for reach in project.reach(task)
        if any(r.value is not None and _no_exception(r.value) for r in reach.scope.raises)
    ]


def _no_exception(value: Expr) -> str:
    match value:
        case Const(value=None):
            return "None"
        case Const(value=str()) | Format():
            return '"..."'
        case Const(value=found):
            return str(found)
        case _:
            return ""

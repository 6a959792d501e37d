"""What a task raises that cannot be raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Attr, Const, Expr, Finding, Format, Module, Name, Scope, Span, Task
from ..per_project import per_project
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project


@rule("CEL226")
def raise_no_exception(module: Module, project: Project) -> Iterator[Finding]:
    """`raise None` and texts that are raised, in what tasks run."""
    likely = any(_raised_by(project, scope) for scope in module.scopes)
    for path, span, what, who in _raised(project) if likely else ():
        if path == module.path:
            yield Finding(
                span,
                f"`raise {what}` raises TypeError instead: {who} fails with an error that says nothing, and is retried "
                "where errors are",
            )


@per_project
def _raised(project: Project) -> list[tuple[str, Span, str, str]]:
    found: dict[tuple[str, Span], tuple[str, Span, str, str]] = {}
    for task, places in project.of_tasks(_raised_in):
        for path, span, what in places:
            found.setdefault((path, span), (path, span, what, name(task)))
    return list(found.values())


def _raised_in(project: Project, task: Task) -> list[tuple[str, Span, str]]:
    reached = [place for _, places in project.in_reach(_raised_by, task) for place in places]
    return reached + [place for scope in _own_methods(project, task) for place in project.of_scope(_raised_by, scope)]


def _raised_by(_project: Project, scope: Scope) -> list[tuple[str, Span, str]]:
    return [
        (scope.module.path, raised.span, what)
        for raised in scope.raises
        if raised.value is not None and (what := _no_exception(raised.value))
    ]


def _own_methods(project: Project, task: Task) -> Iterator[Scope]:
    """The methods of its own class that the task calls on itself."""
    cls, _ = project.base_class(task)
    if cls is None or not task.bound or not task.function.params:
        return
    own = Name(task.function.params[0].name)
    called = {c.attr for c in task.function.calls if isinstance(c.func, Attr) and c.func.base == own}
    classes = [cls, *(base.scope for base in project.names.ancestors(cls) if base is not None)]
    for one in classes:
        yield from (method for method in (one.children if one is not None else ()) if method.name in called)


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

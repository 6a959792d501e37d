"""Automatic retries for every exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Expr, Finding, Items, Module, Name, Scope, Task, Value
from ..per_project import per_project
from ..rule import rule
from .places import Places, name, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_BROAD = {"builtins.Exception": "Exception", "builtins.BaseException": "BaseException"}


@rule("CEL910")
def broad_autoretry(module: Module, project: Project) -> Iterator[Finding]:
    """`Exception` or `BaseException` among the exceptions of `autoretry_for`, and nothing that is left out."""
    for place in _broad(project).of(module):
        task = place.tasks[0]
        who = name(task) if place.own else names(place.tasks)
        verb = "retries" if len(place.tasks) == 1 else "retry"
        yield Finding(
            place.span,
            f"{who} {verb} after every exception (`autoretry_for`), programming errors, `Reject` and "
            "`SoftTimeLimitExceeded` included",
        )


@per_project
def _broad(project: Project) -> Places:
    places = Places(project)
    for task in project.tasks:
        if not task.complete:
            continue
        value = project.option(task, "autoretry_for")
        if not value.is_set or not _names_all(project, task):
            continue
        spared = project.option(task, "dont_autoretry_for")
        if not spared.is_unset and spared.value not in ((), []):
            continue
        if project.option(task, "max_retries").number != 0:
            places.add(task, value)
    return places


def _names_all(project: Project, task: Task) -> bool:
    """Whether the exceptions, as far as they are written out, are all that there are."""
    given = project.given(task, "autoretry_for") or _written(project, project.option(task, "autoretry_for"))
    return given is not None and _holds_broad(project, *given)


def _written(project: Project, value: Value) -> tuple[Scope, Expr] | None:
    """The exceptions where a wrapper or an alias of the task decorator gives them."""
    path, _, line = value.origin.rpartition(":")
    module = project.module(path) if path and line.isdigit() else None
    for scope in module.scopes if module is not None else ():
        for call in scope.calls:
            expr = call.keyword("autoretry_for") if call.span.line == int(line) else None
            if expr is not None:
                return scope, expr
    return None


def _holds_broad(project: Project, scope: Scope, expr: Expr, depth: int = 0) -> bool:
    if isinstance(expr, Items):
        return any(_holds_broad(project, scope, item, depth + 1) for item in expr.items)
    if project.name(scope, expr) in _BROAD:
        return depth > 0  # alone it is no tuple, and the task cannot be made
    target = project.target(scope, expr)
    if isinstance(expr, Name) and target is not None and target.value is not None and depth < 4:
        return _holds_broad(project, *target.value, depth)
    return False

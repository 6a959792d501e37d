"""Decorators that the configuration keeps from tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..intent import matches
from ..model import Expr, Finding, Module, Name, Scope, dotted
from ..rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_BANNED = "which the project's configuration bans (`banned-decorators`)"


@rule("CEL909")
def banned_decorator(module: Module, project: Project) -> Iterator[Finding]:
    """Functions that a banned decorator decorates, or makes into tasks by a call."""
    if not project.config.banned_decorators:
        return
    for function in module.functions:
        outer = function.enclosing
        if outer is None or any(r.value == Name(function.name) for r in outer.returns):
            continue  # the inside of a house decorator is where Celery's own belongs
        for decorator in function.decorators:
            call = outer.call(decorator.expr)
            found = _banned(project, outer, call.func if call is not None else decorator.expr)
            if found is not None:
                yield Finding(decorator.span, f"`{function.name}` is decorated with `{found}`, {_BANNED}")
    made = {task.span: task for task in project.tasks_of(module) if task.decorator is None and task.cls is None}
    for scope in module.scopes if made else ():
        for call in scope.calls:
            if call.span in made:
                inner = scope.call(call.func)
                found = _banned(project, scope, inner.func if inner is not None else call.func)
                if found is not None:
                    yield Finding(
                        call.span, f"`{made[call.span].function.name}` is made a task by `{found}`, {_BANNED}"
                    )


def _banned(project: Project, scope: Scope, expr: Expr) -> str | None:
    """The name under which the decorator is banned, None where it is not."""
    names = [dotted(expr) or ""]
    target = project.target(scope, expr)
    if target is not None:
        names += (target.name, target.variable)
        if target.base is not None and target.base.variable:
            names.append(f"{target.base.variable}.{target.name.rpartition('.')[2]}")
    return next((name for name in names if matches(name, project.config.banned_decorators)), None)

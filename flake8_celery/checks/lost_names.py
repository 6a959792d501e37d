"""Names that tasks do not get: lost in a decorator, or given where Celery does not take one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Attr, Const, Expr, Finding, Module, Name, Task
from ..per_project import per_project
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from ..project import Project


# --- CEL213


@rule("CEL213")
def decorator_without_wraps(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks that are registered under the name of the inner function of a decorator below the task decorator."""
    for task in project.tasks_of(module):
        if task.named_after is None or not task.complete or not task.app_known or task.function.module is not module:
            continue
        others = [other for other in _by_name(project)[task.name] if other is not task]
        if others:
            also = others[0]
            what = f"as is {name(also)} ({project.where(also.module, also.span)}): the worker keeps one of them"
        else:
            what = f"not as `{project.module_name(module)}.{task.function.name}`: the name is lost in a decorator"
        yield Finding(task.function.span, f"{name(task)} is registered as `{task.name}`, {what}; use `functools.wraps`")


@per_project
def _by_name(project: Project) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in project.tasks:
        found.setdefault(task.name, []).append(task)
    return found


# --- CEL219


@rule("CEL219")
def positional_task_name(module: Module, project: Project) -> Iterator[Finding]:
    """Calls of task decorators that pass a text where only the function can stand."""
    for scope in module.scopes:
        for call in scope.calls:
            if not call.args or not isinstance(call.args[0], Const) or not isinstance(call.args[0].value, str):
                continue
            if project.makes_task(scope, call.func):
                written = call.args[0].value
                yield Finding(
                    call.span,
                    f"`{_last(call.func)}({written!r})` raises TypeError when the module is imported: "
                    "a task's name is passed as `name=`",
                )


def _last(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else "task"

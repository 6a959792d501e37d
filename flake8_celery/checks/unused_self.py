"""Tasks that are given themselves and do not use it, and tasks that reach for themselves in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Attr, Finding, Module, Name, Scope, Task
from ..reads import reads
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_CURRENT = frozenset({"celery.current_task", "celery._state.current_task", "celery.app.current_task"})
_OWN = frozenset({"request", "retry", "update_state", "replace", "max_retries", "default_retry_delay"})
"""What a task asks itself for while it runs."""


@rule("CEL920")
def missing_bind(module: Module, project: Project) -> Iterator[Finding]:
    """`bind=True` without use, and `current_task` or the task's own name where `self` belongs."""
    for task in project.tasks_of(module):
        function = task.function
        if task.cls is not None or function.module is not module or not task.complete:
            continue
        if task.bound:
            if _is_unused(task):
                yield Finding(
                    task.span, f"{name(task)} is bound (`bind=True`), but never uses `{function.params[0].name}`"
                )
        elif task.bound is False and not task.wrappers and not _has_other_decorators(task):
            way = _other_way(project, function, task)
            if way is not None:
                yield Finding(task.span, f"{name(task)} reaches for itself as `{way}`, and is not bound (`bind=True`)")


def _is_unused(task: Task) -> bool:
    function = task.function
    if not function.params or function.params[0].kind not in ("positional", "positional-only"):
        return False
    if _is_stub(function) or _has_other_decorators(task) or task.wrappers:
        return False
    return function.params[0].name in function.unread


def _is_stub(function: Scope) -> bool:
    """Whether there is nothing in the body yet that could use anything."""
    return not (function.calls or function.assigns or function.returns or function.raises or function.blocks)


def _has_other_decorators(task: Task) -> bool:
    """Whether a decorator below the task's own may use, or give, the first argument."""
    return task.decorator is None or task.function.decorators[-1] is not task.decorator


def _other_way(project: Project, function: Scope, task: Task) -> str | None:
    """How the task's body reaches for the running task: "current_task.request"."""
    for expr, _ in reads(function):
        if not isinstance(expr, Attr) or expr.attr not in _OWN or not isinstance(expr.base, Name | Attr):
            continue
        if project.name(function, expr.base) in _CURRENT:
            return f"current_task.{expr.attr}"
        if isinstance(expr.base, Name) and project.task(function, expr.base) is task:
            return f"{expr.base.id}.{expr.attr}"
    return None

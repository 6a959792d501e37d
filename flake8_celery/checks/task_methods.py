"""Methods that a task does not have, but that look like one of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ..knowledge.options import TASK_METHODS, TASK_OPTIONS
from ..model import Attr, Call, Finding, Module, Scope, Task
from ..per_project import per_project
from ..rule import rule
from ..spelling import nearest
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_SENDING = ("apply_async", "delay", "retry", "signature", "chunks", "starmap", "update_state", "delay_on_commit")
_TURNED = {
    "apply_asynchronous": "apply_async",
    "applyAsync": "apply_async",
    "async_apply": "apply_async",
    "asyncapply": "apply_async",
    "asynch_apply": "apply_async",
    "async_delay": "delay",
    "delay_async": "delay",
    "send_async": "apply_async",
}
_KNOWN = TASK_METHODS | TASK_OPTIONS | {"delay_on_commit", "apply_async_on_commit"}


@rule("CEL541")
def unknown_task_method(module: Module, project: Project) -> Iterator[Finding]:
    """Calls of a task's method under a name that is nearly right."""
    for _, call, task, meant in misspelt_methods(module, project):
        yield Finding(
            call.span,
            f"{name(task)} has no `{call.attr}`: the call raises AttributeError, `{meant}` is meant",
        )


def misspelt_methods(module: Module, project: Project) -> Iterator[tuple[Scope, Call, Task, str]]:
    """The calls in a module, with the task and the method that is meant."""
    likely = {
        word: meant
        for word in project.words_called(module)
        if word not in _KNOWN and not word.startswith("__") and (meant := _meant(word)) is not None
    }
    for scope, call in project.called(module, likely):
        attr = call.attr or ""
        task = project.task(scope, call.func.base) if isinstance(call.func, Attr) else None
        if task is None or not _is_plain(project, task) or attr in task.options or attr in _added(project):
            continue
        if {"AttributeError", "Exception", "BaseException"}.isdisjoint(project.caught(scope, call.block)):
            yield scope, call, task, likely[attr]


@lru_cache(maxsize=1 << 14)
def _meant(attr: str) -> str | None:
    return _TURNED.get(attr) or nearest(attr, _SENDING)


def _is_plain(project: Project, task: Task) -> bool:
    """Whether an object of Celery's own task class stands behind the name, without anything in between."""
    if not task.complete or task.wrappers or not task.app_known or task.decorator is None:
        return False
    if task.function.decorators[:1] != (task.decorator,):
        return False
    return project.base_class(task) == (None, True)


@per_project
def _added(project: Project) -> frozenset[str]:
    """The attributes that code of the project sets on something."""
    return frozenset(
        assign.target.attr
        for module in project.modules
        for scope in module.scopes
        for assign in scope.assigns
        if isinstance(assign.target, Attr)
    )

"""Acknowledgement: when a task that dies with its worker or its process is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge.effects import CHARGES, HTTP_WRITES, MANAGER_WRITES, WRITES
from ..knowledge.http_clients import MAIL, canonical
from ..model import UNKNOWN, Attr, Call, Expr, Finding, Module, Name, Scope, Task
from ..rule import rule
from .limits import pools
from .places import Places, name, names, per_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_CHILDLESS = frozenset({"threads", "thread", "solo", "gevent", "eventlet"})
_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
_LOST = ("retry_on_worker_lost", "reject_on_worker_lost")


def late(project: Project, task: Task) -> bool | None:
    """Whether the task is acknowledged after it ran; None where that cannot be told."""
    return project.option(task, "acks_late").truth(False)


def has_children(project: Project, task: Task) -> bool:
    """Whether the task may run in a child process that can die alone."""
    running = pools(project, task)
    return not running or not running <= _CHILDLESS


# --- CEL307


@per_project
def _unsafe(project: Project) -> Places:
    places = Places(project)
    for task in project.tasks:
        if late(project, task) is not True or not has_children(project, task):
            continue
        if not all(project.option(task, option).is_unset for option in _LOST):
            continue
        # a request class of the project's own may see to it
        if not project.option(task, "Request").is_unset:
            continue
        # with these off a failed message is rejected, and may go to a dead-letter queue
        if not all(project.option(task, f"acks_on_failure{suffix}").truth(True) for suffix in ("", "_or_timeout")):
            continue
        places.add(task, project.option(task, "acks_late"))
    return places


@rule("CEL307")
def late_ack_not_crash_safe(module: Module, project: Project) -> Iterator[Finding]:
    """Late acknowledgement without an option that covers the death of the pool process."""
    for place in _unsafe(project).of(module):
        who = name(place.tasks[0]) if place.own else names(place.tasks)
        lost = "is lost when its" if len(place.tasks) == 1 else "are lost when their"
        yield Finding(
            place.span,
            f"late acknowledgement alone: {who} {lost} pool process is killed; "
            "add `retry_on_worker_lost` (Celery 5.7) or `reject_on_worker_lost`",
        )


# --- CEL309


@rule("CEL309")
def early_ack_lost_work(module: Module, project: Project) -> Iterator[Finding]:
    """Early acknowledgement of a task that may run again, in a project that acknowledges others late."""
    if not _some_late(project):
        return
    periodic, sent = _periodic(project), _sent(project)
    for task in project.tasks_of(module):
        if (
            task.name in periodic
            or task.name not in sent
            or not project.option(task, "acks_late").is_unset
            or not _retried(project, task)
        ):
            continue
        effect = _effect(project, task)
        if effect:
            yield Finding(
                task.span,
                f"{name(task)} is retried after an error but lost when its worker dies, and it {effect}: "
                "other tasks of the project set `acks_late`",
            )


@per_project
def _periodic(project: Project) -> set[str | None]:
    """The names of the tasks that beat sends, and of those that they send in turn."""
    found = {entry.task for entry in project.schedule}
    for task in project.tasks:
        if task.name in found:
            for reached in project.reach(task):
                sent = (project.dispatch(reached.scope, call) for call in reached.scope.calls)
                found = found | {dispatch.name for dispatch in sent if dispatch is not None}
    return found


@per_project
def _sent(project: Project) -> set[str | None]:
    """The names of the tasks that the project's code sends or makes signatures of; all, where a name is computed."""
    sent = (project.dispatch(scope, call) for m in project.modules for scope in m.scopes for call in scope.calls)
    found = [dispatch for dispatch in sent if dispatch is not None]
    if any(dispatch.name is None and dispatch.method in ("send_task", "signature") for dispatch in found):
        return {task.name for task in project.tasks}
    return {dispatch.name for dispatch in found}


@per_project
def _some_late(project: Project) -> bool:
    return any(project.option(task, "acks_late").truth(False) is True for task in project.tasks)


def _retried(project: Project, task: Task) -> bool:
    """Whether the task is run again after any error, so that it may be cut off anywhere and run again.

    A retry after one certain error does not tell: it may come before anything is done.
    """
    if autoretries(project, task):
        return True
    scope = task.function
    broad = {
        handler.block
        for block in scope.blocks
        for handler in block.handlers
        if not handler.types or any(project.name(scope, expr) in _BROAD for expr in handler.types)
    }
    return any(index in broad for call in own_retries(task) for index, _ in scope.around(call.block))


def autoretries(project: Project, task: Task) -> bool:
    """Whether the task names exceptions after which Celery retries it."""
    auto = project.option(task, "autoretry_for")
    return auto.is_set and (auto.value is UNKNOWN or bool(auto.value))


def own_retries(task: Task) -> list[Call]:
    """The `self.retry()` calls in the task's body."""
    params = task.function.params
    if not params or task.bound is False:
        return []
    self = Name(params[0].name)
    return [c for c in task.function.calls if c.attr == "retry" and isinstance(c.func, Attr) and c.func.base == self]


def _effect(project: Project, task: Task) -> str:
    """What the task does that matters: "writes to the database"."""
    for reached in project.reach(task):
        for call in reached.scope.calls:
            called = canonical(project.name(reached.scope, call.func) or "")
            if called in CHARGES:
                return "moves money"
            if called in MAIL:
                return "sends mail"
            if called in HTTP_WRITES:
                return f"calls `{called.replace('()', '')}`"
            if not isinstance(call.func, Attr):
                continue
            if call.attr in WRITES or (call.attr in MANAGER_WRITES and _is_manager(reached.scope, call.func.base)):
                return "writes to the database"
    return ""


def _is_manager(scope: Scope, expr: Expr) -> bool:
    """Whether an expression goes through a Django manager: `Order.objects.filter(...)`."""
    while True:
        if isinstance(expr, Attr):
            if expr.attr in ("objects", "_default_manager"):
                return True
            expr = expr.base
        elif (call := scope.call(expr)) is not None:
            expr = call.func
        else:
            return False


# --- CEL904


@rule("CEL904")
def task_without_late_ack(module: Module, project: Project) -> Iterator[Finding]:
    """Every task that is not acknowledged late, or lost with its process."""
    for task in project.tasks_of(module):
        acks = late(project, task)
        if acks is False:
            yield Finding(task.span, f"{name(task)} is acknowledged before it runs, and lost when its worker dies")
        elif acks and has_children(project, task):
            covered = [project.option(task, option).truth(False) for option in _LOST]
            if all(c is False for c in covered):
                yield Finding(task.span, f"{name(task)} is acknowledged late, but lost when its process dies")

"""Acknowledgement: when a task that dies with its worker or its process is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cures import app_of, setting
from ..intent import must_not_run_twice
from ..knowledge.effects import CHARGES, HTTP_WRITES, MANAGER_WRITES, WRITES
from ..knowledge.http_clients import MAIL, canonical
from ..model import UNKNOWN, Attr, Call, Expr, Finding, Module, Name, Scope, Span, Task, Value
from ..per_project import per_project
from ..rule import rule
from .limits import pools
from .places import Places, name, names

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
def lost_with_process(project: Project) -> Places:
    """The tasks that are acknowledged late, and lost all the same when their process dies."""
    places = Places(project)
    called = _called(project)
    sent = _sent(project) | project.periodic if called else set()
    for task, value in project.of_tasks(_lost_when_late):
        # called as a function it is part of another task, whose message counts
        is_part = (task.module.path, task.function.index) in called and task.name not in sent
        if not is_part and project.may_be_registered(task):
            places.add(task, value)
    return places


def _lost_when_late(project: Project, task: Task) -> Value | None:
    """What has the task acknowledged late, where nothing else helps when its process dies."""
    if late(project, task) is not True or not has_children(project, task):
        return None
    if not all(project.option(task, option).is_unset for option in _LOST):
        return None
    # a request class of the project's own may see to it
    if not project.option(task, "Request").is_unset:
        return None
    # with these off a failed message is rejected, and may go to a dead-letter queue
    if not all(project.option(task, f"acks_on_failure{suffix}").truth(True) for suffix in ("", "_or_timeout")):
        return None
    return project.option(task, "acks_late")


@per_project
def _called(project: Project) -> set[tuple[str, int]]:
    """The tasks that another task calls as a function."""
    return set().union(*(called for _, called in project.of_tasks(_calls)))


def _calls(project: Project, task: Task) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for call in task.function.calls:
        other = project.task(task.function, call.func) if isinstance(call.func, Name | Attr) else None
        if other is not None and other is not task:
            found.add((other.module.path, other.function.index))
    return found


@rule("CEL307")
def late_ack_not_crash_safe(module: Module, project: Project) -> Iterator[Finding]:
    """Late acknowledgement without an option that covers the death of the pool process."""
    places = lost_with_process(project)
    for place in places.of(module):
        who = name(place.tasks[0]) if place.own else names(place.tasks)
        lost = "is lost when its" if len(place.tasks) == 1 else "are lost when their"
        option, advice, remedy = _cover(project)
        yield Finding(
            place.span,
            f"late acknowledgement alone: {who} {lost} pool process is killed; add {advice}",
            remedy=remedy,
            cure=_for_all(project, places, option),
        )


def _cover(project: Project) -> tuple[str, str, str]:
    """The option that covers the death of the process in the project's Celery, how to name it, and what to do with it;
    "" where the rule's page says that."""
    version = project.celery_version()
    if version is None:
        return "reject_on_worker_lost", "`retry_on_worker_lost` (Celery 5.7) or `reject_on_worker_lost`", ""
    if not version.is_before(5, 7):
        return "retry_on_worker_lost", "`retry_on_worker_lost`", ""
    which = str(version) if version.pinned else f"{version}, which is allowed,"
    remedy = (
        f"Set `reject_on_worker_lost=True` (Celery {which} has no `retry_on_worker_lost`); a task that kills its "
        "process every time then comes back without end."
    )
    return "reject_on_worker_lost", "`reject_on_worker_lost`", remedy


def _for_all(project: Project, places: Places, option: str) -> str:
    """The setting that covers all tasks, where they have one application."""
    line = setting(project, app_of(project, places.tasks), f"task_{option}", "True")
    return f"write {line}" if line else ""


# --- CEL309


@rule("CEL309")
def early_ack_lost_work(module: Module, project: Project) -> Iterator[Finding]:
    """Early acknowledgement of a task that may run again, in a project that acknowledges others late."""
    for task in project.running_tasks_of(module):
        effect = lost_effect(project, task) if _retried(project, task) else ""
        if effect:
            yield Finding(
                task.span,
                f"{name(task)} is retried after an error but lost when its worker dies, and it {effect}: "
                "other tasks of the project set `acks_late`",
            )


def lost_effect(project: Project, task: Task) -> str:
    """What a task does that is lost with its worker, though it might run again and others of the project would: "writes
    to the database". "" where there is no such thing."""
    if not project.option(task, "acks_late").is_unset:
        return ""
    effect = _effect(project, task)
    if not effect or not _some_late(project) or must_not_run_twice(project, task):
        return ""
    # what depends on the whole project comes last
    return effect if task.name in _sent(project) and task.name not in project.periodic else ""


@per_project
def _sent(project: Project) -> set[str | None]:
    """The names of the tasks that the project's code sends or makes signatures of; all, where a name is computed."""
    found = [dispatch for module in project.modules for _, _, dispatch in project.sent_in(module)]
    if any(dispatch.name is None and dispatch.method in ("send_task", "signature") for dispatch in found):
        return {task.name for task in project.tasks}
    return {dispatch.name for dispatch in found}


@per_project
def _some_late(project: Project) -> bool:
    return next(project.of_tasks(_is_late), None) is not None


def _is_late(project: Project, task: Task) -> bool:
    return late(project, task) is True


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


@per_project
def _done_by_beat(project: Project) -> frozenset[tuple[str, Span]]:
    """The places of the calls in the functions that beat's tasks lead to: what is lost there, beat makes up for."""
    names = {entry.task for entry in project.schedule if entry.task is not None}
    tasks = [task for name in sorted(names) if (task := project.task_named(name)) is not None]
    reached = (found.scope for task in tasks for found in project.reach(task) if found.calls)
    return frozenset((scope.module.path, call.span) for scope in reached for call in scope.calls)


def _effect(project: Project, task: Task) -> str:
    """What the task does that matters, and no task of beat's: "writes to the database"."""
    for reached, effects in project.in_reach(_effects_in, task):
        for span, effect in effects:
            if not reached.calls or (reached.scope.module.path, span) not in _done_by_beat(project):
                return effect
    return ""


def _effects_in(project: Project, scope: Scope) -> list[tuple[Span, str]]:
    return [(call.span, effect) for call in scope.calls if (effect := _effect_of(project, scope, call))]


def _effect_of(project: Project, scope: Scope, call: Call) -> str:
    called = canonical(project.name(scope, call.func) or "")
    if called in CHARGES:
        return "moves money"
    if called in MAIL:
        return "sends mail"
    if called in HTTP_WRITES:
        return f"calls `{called.replace('()', '')}`"
    if not isinstance(call.func, Attr):
        return ""
    if call.attr in WRITES or (call.attr in MANAGER_WRITES and _is_manager(scope, call.func.base)):
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
        if acks is False and not must_not_run_twice(project, task):
            message = f"{name(task)} is acknowledged before it runs, and lost when its worker dies"
            yield Finding(task.span, message, cure=_policy(project, task, "acks_late"))
        elif acks and has_children(project, task):
            covered = [project.option(task, option).truth(False) for option in _LOST]
            if all(c is False for c in covered):
                message = f"{name(task)} is acknowledged late, but lost when its process dies"
                yield Finding(task.span, message, cure=_policy(project, task, _cover(project)[0]))


def _policy(project: Project, task: Task, option: str) -> str:
    """The setting that is in force for a task without the option."""
    line = setting(project, app_of(project, [task]), f"task_{option}", "True")
    return f"write {line}" if line and project.option(task, option).is_unset else ""

"""Tasks that go to the default queue because nobody said otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..intent import matches
from ..model import UNKNOWN, Const, Dict, Expr, Finding, Module, Task
from ..per_project import per_project
from ..reads import reads
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from ..project import Project

_ROUTES = ("queue", "routing_key", "exchange")
_SENDING = frozenset({"apply_async", "delay", "signature_from_request", "subtask_from_request"})


@rule("CEL906")
def task_without_queue(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks for which no option, route or call names a queue."""
    for task in project.tasks_of(module):
        if not task.complete or not task.name or matches(task.name, project.config.default_queue_tasks):
            continue
        if any(not project.option(task, option).is_unset for option in _ROUTES):
            continue
        if _is_routed(project, task) is not False or _sends_itself(project, task) or _calls_say(project, task):
            continue
        yield Finding(
            task.span, f"{name(task)} names no queue: it waits in the default queue behind whatever else does"
        )


def _is_routed(project: Project, task: Task) -> bool | None:
    """Whether `task_routes` has a place for the task; None where that cannot be told."""
    routes = project.setting(task, "task_routes")
    if routes.is_unset:
        return False
    return _finds(routes.value, task.name) if routes.is_set else None


def _finds(routes: object, task: str) -> bool | None:
    if isinstance(routes, dict):
        if any(not isinstance(pattern, str) for pattern in routes):
            return None
        return any(task == pattern or fnmatchcase(task, str(pattern)) for pattern in routes)
    if isinstance(routes, list | tuple):
        if len(routes) == 2 and isinstance(routes[0], str) and isinstance(routes[1], dict | str):
            return task == routes[0] or fnmatchcase(task, routes[0])
        found = [_finds(route, task) for route in routes]
        return True if True in found else None if None in found else False
    return None if routes is UNKNOWN or routes is not None else False


def _sends_itself(project: Project, task: Task) -> bool:
    """Whether the task's class has a hand in how it is sent."""
    cls, known = project.base_class(task)
    if cls is None:
        return not known
    ancestors = list(project.names.ancestors(cls))
    classes = [cls, *(a.scope for a in ancestors if a is not None and a.scope is not None)]
    return None in ancestors or any(child.name in _SENDING for c in classes for child in c.children)


def _calls_say(project: Project, task: Task) -> bool:
    """Whether everything that sends the task names a queue itself."""
    found = _sent(project).get(task.name)
    return found is not None and all(found)


@per_project
def _sent(project: Project) -> dict[str, list[bool]]:
    """For each task that something sends: whether each of these calls and entries names a queue."""
    found: dict[str, list[bool]] = {}
    for module in project.modules:
        for _, call, sent in project.sent_in(module):
            if sent.name is not None:
                # who completes a signature may name a queue
                says = any(option in sent.options for option in (*_ROUTES, "router")) or not sent.sends
                found.setdefault(sent.name, []).append(says or call.has_spread)
        for scope in module.scopes:
            for expr, _ in reads(scope):
                if isinstance(expr, Dict) and expr.at("task") is not None:
                    name = project.value(scope, expr.at("task"))
                    if isinstance(name, str):
                        found.setdefault(name, []).append(_entry_says(expr.at("options")))
    for entry in project.schedule:
        if entry.kind == "call" and entry.task is not None:
            says = entry.options is None or any(option in _ROUTES for option, _ in entry.options)
            found.setdefault(entry.task, []).append(says)
    return found


def _entry_says(options: Expr | None) -> bool:
    """Whether the options of an entry of a schedule name a queue, or cannot be told."""
    if not isinstance(options, Dict):
        return options is not None
    return any(not isinstance(key, Const) or key.value in _ROUTES for key, _ in options.items)

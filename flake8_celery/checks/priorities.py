"""Priorities of messages that the broker does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import UNKNOWN, Finding, Module, Span, Task
from ..per_project import per_project
from ..routing import routes
from ..rule import rule
from ..source import SourceError
from .places import Places, name
from .visibility import transport

if TYPE_CHECKING:
    from ..project import Project

_HIGHEST = 9
_OCTET = 255
_AMQP = frozenset({"amqp", "amqps", "pyamqp", "librabbitmq"})
_REDIS = frozenset({"redis", "rediss", "sentinel"})
_MAXIMUM = re.compile(rb"max[-_]priority")


@rule("CEL526")
def invalid_priority(module: Module, project: Project) -> Iterator[Finding]:
    """Priorities that are no number from 0 to 9, and priorities where RabbitMQ has no queue for them."""
    for value, span, task in _given(module, project):
        what = _problem(project, value, task)
        if what is not None:
            who = f" of {name(task)}" if task is not None else ""
            yield Finding(span, f"`priority={value!r}`{who} {what}")


def _given(module: Module, project: Project) -> Iterator[tuple[object, Span, Task | None]]:
    """The priorities that a module gives, each with its place and the task where it is one."""
    for scope, call, sent in project.sent_in(module):
        if "priority" in sent.options:
            value = project.value(sent.scope, sent.options["priority"])
            yield value, project.spot(scope.module, call.span, "priority"), sent.task
    for place in _of_tasks(project).of(module):
        one = place.tasks[0]
        yield project.option(one, "priority").value, place.span, one if place.own else None
    for written in project.written_settings:
        if written.scope.module is not module:
            continue
        if written.name == "task_default_priority":
            yield written.value, project.spot(module, written.span, written.key), None
        elif written.name == "task_routes":
            for route in routes(written.value):
                if route is not None and route.priority is not None:
                    yield route.priority, project.spot(module, written.span, route.pattern), None
    for entry in project.schedule:
        if entry.path == module.path and entry.scope is not None:
            for key, expr in entry.options or ():
                if key == "priority":
                    task = project.task_named(entry.task) if entry.task is not None else None
                    yield project.value(entry.scope, expr), entry.span, task


@per_project
def _of_tasks(project: Project) -> Places:
    places = Places(project)
    for task in project.tasks:
        option = project.option(task, "priority")
        if option.is_set and option.origin != project.setting(task, "task_default_priority").origin:
            places.add(task, option)
    return places


def _problem(project: Project, value: object, task: Task | None) -> str | None:
    """What is wrong with a priority, None where it is right or that cannot be told."""
    if value is UNKNOWN or value is None or isinstance(value, bool):
        return None
    scheme = transport(project, task)
    if isinstance(value, str):
        try:
            int(value)
        except ValueError:
            return "is no number: RabbitMQ's client raises an error, and Redis takes the message for a most urgent one"
        return "is a text: RabbitMQ's client raises an error" if scheme in _AMQP else None
    if not isinstance(value, int):
        return None
    if not 0 <= value <= _OCTET:
        return (
            f"is not from 0 to {_HIGHEST}: RabbitMQ's client raises an error, and Redis takes the nearest that it has"
        )
    if value > _HIGHEST and scheme in _REDIS:
        return f"is not from 0 to {_HIGHEST}: Redis takes it for {_HIGHEST}, the least urgent"
    if scheme in _AMQP and _has_plain_queues(project):
        return "has no effect: RabbitMQ looks at it only in queues with `x-max-priority`, and no setting asks for them"
    return None


@per_project
def _has_plain_queues(project: Project) -> bool:
    """Whether all queues are certainly declared without priorities."""
    settings = ("task_queue_max_priority", "task_queues", "task_default_queue_type", "broker_url")
    values = {setting: project.setting(None, setting) for setting in settings}
    if not values.pop("broker_url").is_set or not all(value.is_unset for value in values.values()):
        return False
    try:
        return not any(project.index.questions.contains(module.path, _MAXIMUM) for module in project.modules)
    except SourceError:
        return False

"""Rate limits that Celery cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Attr, Finding, Module
from ..per_project import per_project
from ..rule import rule
from .places import Places, name, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_UNITS = frozenset({"s", "m", "h"})


def is_rate(value: str) -> bool:
    """Whether Celery can read a rate limit: a number, and after a slash the first letter of second, minute or hour."""
    if not value:
        return True
    number, _, unit = value.partition("/")
    try:
        float(number)
    except ValueError:
        return False
    return not unit or unit in _UNITS


@per_project
def _unreadable(project: Project) -> Places:
    places = Places(project)
    for task in project.tasks:
        limit = project.option(task, "rate_limit")
        if limit.is_set and isinstance(limit.value, str) and not is_rate(limit.value):
            places.add(task, limit)
    return places


@rule("CEL209")
def invalid_rate_limit(module: Module, project: Project) -> Iterator[Finding]:
    """Texts that are no rate limit: on tasks, in settings, and sent to running workers."""
    for place in _unreadable(project).of(module):
        value = project.option(place.tasks[0], "rate_limit").value
        who = name(place.tasks[0]) if place.own else names(place.tasks)
        span = project.spot(module, place.span, "rate_limit") if place.own else place.span
        yield Finding(span, f"`{value}` is no rate limit: every worker that has {who} dies when it starts")
    for scope, call in project.called(module, ("rate_limit",)):
        if not isinstance(call.func, Attr) or len(call.args) + len(call.keywords) < 2:
            continue
        if getattr(call.func.base, "attr", getattr(call.func.base, "id", "")) != "control":
            continue
        sent = project.value(scope, call.argument(1, "rate_limit"))
        if isinstance(sent, str) and not is_rate(sent):
            yield Finding(call.span, f"`{sent}` is no rate limit: workers answer with an error and keep the old one")

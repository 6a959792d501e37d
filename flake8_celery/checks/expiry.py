"""Periodic tasks whose messages wait without end."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..crontab import CrontabError, expand
from ..frozen import dataclass
from ..model import UNKNOWN, Const, Expr, Finding, Module, ScheduleEntry, Scope, Sub
from ..per_project import per_project
from ..rule import rule
from .places import number

if TYPE_CHECKING:
    from ..project import Project

_HOUR = 3600.0
_EXPIRES = ("expires", "expire_seconds")
_TTL = ("message_ttl", "queue_arguments")


@rule("CEL902")
def periodic_without_expires(module: Module, project: Project) -> Iterator[Finding]:
    """Entries of beat's schedule that are sent every hour or more often, and never expire."""
    for entry in project.schedule:
        if entry.path != module.path or entry.kind == "row" or entry.options is None or _expires(project, entry):
            continue
        rhythm = period(project, entry)
        if rhythm is None or _limits_elsewhere(project):
            continue
        what = f"`{entry.task}`" if entry.task else f"the entry `{entry.name}`" if entry.name else "the task"
        yield Finding(
            entry.span,
            f"{what} is sent {rhythm.words} and never expires: what piles up while no worker runs is all run "
            "afterwards",
        )


@dataclass(frozen=True, slots=True)
class Period:
    """How often something is sent: in words, and the shortest time between two, in seconds."""

    words: str
    seconds: float


def period(project: Project, entry: ScheduleEntry) -> Period | None:
    """How often an entry is sent; None where that is less than once an hour, or cannot be told."""
    if entry.scope is None or entry.when is None:
        return None
    return _rhythm(project, entry.scope, entry.when)


def _expires(project: Project, entry: ScheduleEntry) -> bool:
    """Whether the entry or its task says when a message expires, or that cannot be told."""
    for key, expr in entry.options or ():
        if key in _EXPIRES and not (entry.scope is not None and project.value(entry.scope, expr) is None):
            return True
    task = project.task_named(entry.task) if entry.task is not None else None
    # of a task that is not to be seen, neither are its options
    return task is None or not project.option(task, "expires").is_unset


@per_project
def _limits_elsewhere(project: Project) -> bool:
    """Whether code writes options into entries (`entry["options"] = ...`), or queues drop what waits too long."""
    for module in project.modules:
        for scope in module.scopes:
            for assign in scope.assigns:
                if isinstance(assign.target, Sub) and assign.target.index == Const("options"):
                    return True
            for call in scope.calls:
                if call.attr == "setdefault" and call.args[:1] == (Const("options"),):
                    return True
                if call.attr == "Queue" and any(key in _TTL for key, _ in call.keywords):
                    return True
    return False


def _rhythm(project: Project, scope: Scope, when: Expr) -> Period | None:
    value = project.value(scope, when)
    if isinstance(value, dt.timedelta):
        return _every(value.total_seconds())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _every(float(value))
    call = scope.call(when)
    if call is None:
        target = project.target(scope, when)
        if target is None or target.value is None:
            return None
        scope, call = target.value[0], target.value[0].call(target.value[1])
    if call is None or call.has_spread:
        return None
    name = project.name(scope, call.func)
    if name == "celery.schedules.schedule":
        given = call.argument(0, "run_every")
        return _rhythm(project, scope, given) if given is not None else None
    if name != "celery.schedules.crontab":
        return None
    given_fields = ((field, call.argument(i, field)) for i, field in enumerate(("minute", "hour")))
    values = {field: project.value(scope, expr) for field, expr in given_fields if expr is not None}
    return None if any(v is UNKNOWN for v in values.values()) else _crontab(values)


def _every(seconds: float) -> Period | None:
    if seconds <= 0 or seconds > _HOUR:
        return None
    words = f"every {number(seconds / 60)} minutes" if seconds % 60 == 0 else f"every {number(seconds)} s"
    if seconds in (1, 60, _HOUR):
        words = {1: "every second", 60: "every minute"}.get(int(seconds), "every hour")
    return Period(words, seconds)


def _crontab(values: dict[str, object]) -> Period | None:
    """The same for a crontab that goes on for two hours at least."""
    try:
        minutes = sorted(m for m in expand("minute", values.get("minute", "*")) if isinstance(m, int))
        hours = sorted(h for h in expand("hour", values.get("hour", "*")) if isinstance(h, int))
    except CrontabError:
        return None
    if not minutes or not any(later - earlier == 1 for earlier, later in itertools.pairwise(hours)):
        return None
    gaps = {(later - earlier) % 60 for earlier, later in zip(minutes, [*minutes[1:], minutes[0]], strict=True)}
    if len(minutes) == 1:
        return _every(_HOUR)
    if len(gaps) == 1:
        return _every(60.0 * gaps.pop())
    return Period(f"{len(minutes)} times an hour", 60.0 * min(gaps))

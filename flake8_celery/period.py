"""How long it is at least from one run of a periodic task to the next."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

from .crontab import FIELDS, CrontabError, expand
from .model import UNKNOWN, Expr, Scope

if TYPE_CHECKING:
    from .project import Project

_MINUTE = 60.0
_DAY = 24 * 60


def shortest(project: Project, scope: Scope, when: Expr) -> float | None:
    """The shortest time in seconds between two moments at which a schedule is due, None where it cannot be told."""
    value = project.value(scope, when)
    if isinstance(value, dt.timedelta):
        return value.total_seconds() if value > dt.timedelta() else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if value > 0 else None
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
        return shortest(project, scope, given) if given is not None else None
    if name != "celery.schedules.crontab":
        return None
    fields = {field: call.argument(position, field) for position, field in enumerate(FIELDS)}
    values = {field: project.value(scope, expr) for field, expr in fields.items() if expr is not None}
    return None if any(value is UNKNOWN for value in values.values()) else of_crontab(values)


def of_crontab(fields: dict[str, object]) -> float | None:
    """The same for `crontab(**fields)`, None where Celery refuses it. It is never too long; days that are far apart may
    make it too short."""
    try:
        found = {field: _numbers(field, fields) for field in ("minute", "hour", "day_of_week", "day_of_month")}
    except CrontabError:
        return None
    moments = sorted(hour * 60 + minute for hour in found["hour"] for minute in found["minute"])
    if not moments:
        return None
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    nights = 1 if _in_a_row(found["day_of_week"], 7) and _in_a_row(found["day_of_month"], 31) else 2
    gaps.append(moments[0] + nights * _DAY - moments[-1])
    return min(gaps) * _MINUTE


def _numbers(field: str, fields: dict[str, object]) -> set[int]:
    return {number for number in expand(field, fields.get(field, "*")) if isinstance(number, int)}


def _in_a_row(days: set[int], last: int) -> bool:
    """Whether two of the days can follow each other; months end on the 28th at the earliest."""
    if any(day + 1 in days for day in days):
        return True
    return {0, 6} <= days if last == 7 else 1 in days and any(day >= 28 for day in days)

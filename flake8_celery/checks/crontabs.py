"""Crontab schedules that fire at other moments than they look like, or that Celery refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..crontab import FIELDS, NO_DATE, CrontabError, Steps, expand, fields_of, problem, uneven
from ..frozen import dataclass
from ..model import UNKNOWN, Attr, Call, Const, Dict, Expr, Finding, Module, Name, Scope
from ..rule import rule
from ..traits import imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_CRONTABS = frozenset({"celery.schedules.crontab", "django_celery_beat.tzcrontab.TzAwareCrontab"})
_ROW = "django_celery_beat.models.CrontabSchedule"
_MAKERS = frozenset({"create", "acreate", "get_or_create", "aget_or_create", "update_or_create", "aupdate_or_create"})
_NAMES = ("crontab", "TzAwareCrontab", "CrontabSchedule")


@dataclass(frozen=True)
class MadeCrontab:
    """A crontab that the code makes: `fields` are the arguments given for its fields, `row` when it is saved by
    django-celery-beat."""

    scope: Scope
    call: Call
    fields: dict[str, Expr]
    row: bool = False


@rule("CEL701")
def crontab_without_minute(module: Module, project: Project) -> Iterator[Finding]:
    """Crontabs that restrict the hour or the day and leave the minute at its default, every minute."""
    for found in crontabs_in(module, project):
        if "minute" in found.fields:
            continue
        values = {field: project.value(found.scope, expr) for field, expr in found.fields.items()}
        # `hour="*"` alone is meant as "every hour"; several fields that say "*" mean every minute, and say so
        if values.keys() != {"hour"} and all(value is not UNKNOWN and value == "*" for value in values.values()):
            continue
        yield Finding(
            found.call.span,
            f"`{'CrontabSchedule' if found.row else 'crontab'}` without `minute` {_firings(values.get('hour', '*'))}",
        )


def _firings(hour: object) -> str:
    """When a crontab of these hours fires, in every minute."""
    try:
        hours = expand("hour", hour) if hour is not UNKNOWN else frozenset()
    except CrontabError:
        hours = frozenset()
    if len(hours) == 1:
        (only,) = hours
        return f"fires 60 times, from {only:02}:00 to {only:02}:59"
    if hours == expand("hour", "*"):
        return "fires every minute, 1440 times on each of its days"
    if hours:
        return f"fires every minute of its hours, {60 * len(hours)} times a day"
    return "fires 60 times in each of its hours"


@rule("CEL706")
def invalid_crontab_field(module: Module, project: Project) -> Iterator[Finding]:
    """Literal crontabs that Celery refuses when they are made."""
    for found in crontabs_in(module, project):
        if found.row:
            continue
        values = {field: project.value(found.scope, expr) for field, expr in found.fields.items()}
        error = problem({field: value for field, value in values.items() if _is_known(value)})
        if error is not None:
            yield Finding(found.call.span, f"`crontab` {_refusal(project, error)}")
    for call, text in expressions_in(module, project):
        error = _problem_of(text)
        if error is not None:
            yield Finding(call.span, f"`crontab.from_string` {_refusal(project, error)}")


def _refusal(project: Project, error: CrontabError) -> str:
    version = project.celery_version()
    if error.reason == NO_DATE and version is not None and version.is_before(5, 7):
        return f"never comes due, and beat fails on it: {error.reason}"
    return f"raises {error.exception}: {error.reason}"


def _problem_of(text: str) -> CrontabError | None:
    try:
        return problem(fields_of(text))
    except CrontabError as error:
        return error


def _is_known(value: object) -> bool:
    if isinstance(value, list | tuple | set | dict):
        return all(_is_known(item) for item in value)
    return value is not UNKNOWN


# --- CEL709

_UNITS = {
    "minute": ("minute", "hour"),
    "hour": ("hour", "day"),
    "day_of_week": ("day", "week"),
    "day_of_month": ("day", "month"),
    "month_of_year": ("month", "year"),
}
"""What each field counts, and what it counts within."""


@rule("CEL709")
def crontab_step_overflow(module: Module, project: Project) -> Iterator[Finding]:
    """Steps that are longer than the range of their field, or that leave a much shorter gap at its end."""
    for call, fields in literal_crontabs(module, project):
        for field, value in fields.items():
            steps = uneven(field, value)
            if steps is not None:
                yield Finding(call.span, _steps(field, steps))


def literal_crontabs(module: Module, project: Project) -> Iterator[tuple[Call, dict[str, object]]]:
    """The crontabs of a module, with the values of their fields, UNKNOWN where one cannot be told."""
    for found in crontabs_in(module, project):
        yield found.call, {field: project.value(found.scope, expr) for field, expr in found.fields.items()}
    for call, text in expressions_in(module, project):
        yield call, _fields(text)


def _fields(text: str) -> dict[str, object]:
    try:
        return {**fields_of(text)}
    except CrontabError:
        return {}


def _steps(field: str, steps: Steps) -> str:
    unit, whole = _UNITS[field]
    what = f'`{field}="*/{steps.step}"` is not every {steps.step} {unit}s'
    if len(steps.values) == 1:
        return f"{what}: it means {unit} {steps.values[0]} alone, once a {whole}"
    listed = ", ".join(map(str, steps.values[:-1])) + f" and {steps.values[-1]}"
    after = f"{steps.rest} {unit}{'s' if steps.rest > 1 else ''}"
    return f"{what}: it means the {unit}s {listed} of each {whole}, and after the last come only {after}"


# --- where crontabs are made


def _local_names(module: Module) -> frozenset[str]:
    """The names that a crontab's class may have in a module: to resolve every call would cost too much."""
    imported = list(imports(module))
    found = {name for name, target, _ in imported if target.rpartition(".")[2] in _NAMES}
    modules = any(name in ("celery", "schedules", "models") for name, _, _ in imported)
    return frozenset(found.union(_NAMES) if modules else found)


def crontabs_in(module: Module, project: Project) -> Iterator[MadeCrontab]:
    """The crontabs that a module makes with arguments that can be told apart."""
    names = _local_names(module)
    if not names:
        return
    for scope in module.scopes:
        for call in scope.calls:
            if call.has_spread:
                continue
            if call.attr in names:
                name = project.name(scope, call.func)
                if name in _CRONTABS:
                    given = {f: call.argument(position, f) for position, f in enumerate(FIELDS)}
                    yield MadeCrontab(scope, call, {f: expr for f, expr in given.items() if expr is not None})
                elif name == _ROW:
                    yield from _row(scope, call)
            elif call.attr in _MAKERS and _last(call.func, 2) in names:
                if project.name(scope, call.func) == f"{_ROW}.objects.{call.attr}":
                    yield from _row(scope, call)


def _row(scope: Scope, call: Call) -> Iterator[MadeCrontab]:
    """A row of django-celery-beat, unless it may exist already with other values."""
    fields: dict[str, Expr] = {}
    for key, expr in call.keywords:
        if key in ("defaults", "create_defaults"):
            if not isinstance(expr, Dict):
                return
            for name, value in expr.items:
                if not isinstance(name, Const) or not isinstance(name.value, str):
                    return
                fields[name.value] = value
        elif key is not None:
            fields[key] = expr
    if not call.args and not fields.keys() - FIELDS.keys() - {"timezone"}:
        yield MadeCrontab(scope, call, {f: expr for f, expr in fields.items() if f in FIELDS}, row=True)


def expressions_in(module: Module, project: Project) -> Iterator[tuple[Call, str]]:
    """The literal cron expressions given to `crontab.from_string`."""
    for scope, call in project.called(module, ("from_string",)):
        if project.name(scope, call.func) == "celery.schedules.crontab.from_string":
            text = project.value(scope, call.argument(0, "crontab"))
            if isinstance(text, str):
                yield call, text


def _last(expr: Expr, depth: int) -> str:
    """The name `depth` attributes before the last: "Row" in `models.Row.objects.create` for 2."""
    for _ in range(depth):
        if not isinstance(expr, Attr):
            return ""
        expr = expr.base
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""

"""What beat sends: entries of schedules, periodic tasks that code registers, and rows of django-celery-beat."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .model import (
    UNKNOWN,
    Assign,
    Attr,
    Call,
    CallRef,
    Choice,
    Const,
    Dict,
    Expr,
    Items,
    Module,
    Name,
    ScheduleEntry,
    Scope,
    Span,
    Star,
    Sub,
)

if TYPE_CHECKING:
    from .project import Project

_NAMES = ("beat_schedule", "celery_beat_schedule", "celerybeat_schedule")
_ROW = "django_celery_beat.models.PeriodicTask"
_ROW_MAKERS = frozenset(
    {_ROW, *(f"{_ROW}.objects.{method}" for method in ("create", "get_or_create", "update_or_create"))}
)

_PERIODIC = ("args", "kwargs", "name")
"""What `add_periodic_task` takes besides execution options."""
_COLUMNS = ("expires", "expire_seconds", "queue", "exchange", "routing_key", "priority")
"""Columns of django-celery-beat that are execution options."""

_CALLED = frozenset(
    {"update", "Celery", "add_periodic_task", "PeriodicTask", "create", "get_or_create", "update_or_create"}
)
"""The last words of the calls that make or change schedules."""

_Keywords = tuple[tuple[str, Expr], ...]


def schedule(project: Project) -> Iterator[ScheduleEntry]:
    """The entries of beat schedules, as far as they are literal, in the order of the modules."""
    for module in project.modules:
        for position, is_call, index in project.index.derived(likely, module):
            scope = module.scopes[position]
            if is_call:
                yield from _called(project, scope, scope.calls[index])
            else:
                yield from _assigned(project, scope, scope.assigns[index])


def likely(module: Module) -> list[tuple[int, bool, int]]:
    """What may be an entry or a schedule, by its words: the position of the scope, whether it is a call or else an
    assignment, and its position there."""
    found: list[tuple[int, bool, int]] = []
    for scope in module.scopes:
        for index, assign in enumerate(scope.assigns):
            if is_schedule(assign.target) or (isinstance(assign.target, Sub) and is_schedule(assign.target.base)):
                found.append((scope.index, False, index))
        found += [(scope.index, True, index) for index, call in enumerate(scope.calls) if call.attr in _CALLED]
    return found


def tabulating(module: Module) -> list[tuple[int, bool, int]]:
    """What may put a task into a schedule of the project's own, by its words: the position of the scope, whether it is
    a call or else an assignment, and its position there."""
    found: list[tuple[int, bool, int]] = []
    for scope in module.scopes:
        for index, assign in enumerate(scope.assigns):
            names_task = isinstance(assign.target, Sub) and assign.target.index == Const("task")
            if names_task or next(entry_dicts(assign.value), None) is not None:
                found.append((scope.index, False, index))
        calls = enumerate(scope.calls)
        found += [(scope.index, True, index) for index, call in calls if call.keyword("task") is not None]
    return found


def entry_dicts(expr: Expr, depth: int = 0) -> Iterator[Dict]:
    """The dictionaries with the keys "task" and "schedule" in an expression, at most three deep."""
    inner: Iterable[Expr] = ()
    if isinstance(expr, Choice):
        inner = (expr.body, expr.orelse)
    elif isinstance(expr, Items):
        inner = expr.items
    elif isinstance(expr, Dict):
        inner = [value for _, value in expr.items]
        if expr.at("task") is not None and expr.at("schedule") is not None:
            yield expr
    if depth < 2:
        for value in inner:
            yield from entry_dicts(value, depth + 1)


def is_schedule(target: Expr) -> bool:
    """Whether a variable or attribute holds beat's schedule, by its name."""
    last = target.attr if isinstance(target, Attr) else target.id if isinstance(target, Name) else ""
    return last.lower() in _NAMES


def _assigned(project: Project, scope: Scope, assign: Assign) -> Iterator[ScheduleEntry]:
    if is_schedule(assign.target):
        yield from _entries(project, scope, assign.value, assign.span)
    elif isinstance(assign.target, Sub) and is_schedule(assign.target.base):
        name = project.value(scope, assign.target.index)
        yield from _entry(project, scope, assign.value, name if isinstance(name, str) else "", assign.span)


def _called(project: Project, scope: Scope, call: Call) -> Iterator[ScheduleEntry]:
    if call.attr in ("update", "Celery"):
        given = call.keyword("beat_schedule")
        if given is not None:
            yield from _entries(project, scope, given, call.span)
        if call.attr == "update" and isinstance(call.func, Attr) and is_schedule(call.func.base) and call.args:
            yield from _entries(project, scope, call.args[0], call.span)
    elif call.attr == "add_periodic_task" and len(call.args) >= 2:
        yield _periodic(project, scope, call)
    elif call.attr in ("PeriodicTask", "create", "get_or_create", "update_or_create"):
        if isinstance(call.func, Attr | Name) and project.name(scope, call.func) in _ROW_MAKERS:
            yield from _row(project, scope, call)


# --- entries


def _entries(project: Project, scope: Scope, expr: Expr, span: Span) -> Iterator[ScheduleEntry]:
    found = project.target(scope, expr)
    if found is not None and found.value is not None:
        scope, expr = found.value
    if isinstance(expr, Choice):
        # a schedule that can be switched off
        for side in (expr.body, expr.orelse):
            yield from _entries(project, scope, side, span)
    elif isinstance(expr, Dict):
        for key, value in expr.items:
            name = project.value(scope, key) if key is not None else ""
            if key is None:
                yield from _entries(project, scope, value, span) if value != expr else ()
            else:
                yield from _entry(project, scope, value, name if isinstance(name, str) else "", span)


def _entry(project: Project, scope: Scope, expr: Expr, name: str, span: Span) -> Iterator[ScheduleEntry]:
    if isinstance(expr, Name):
        found = project.target(scope, expr)
        if found is not None and found.value is not None:
            scope, expr = found.value
    fields = _fields(project, scope, expr)
    if fields is None:
        return
    given, whole = fields
    at = scope.calls[expr.index].span if isinstance(expr, CallRef) else span
    places = {key: (expr.place(key) if isinstance(expr, Dict) else None) or at for key in ("task", "args", "kwargs")}
    if "task" not in given:
        return
    task = _task_name(project, scope, given["task"])
    args = _sequence(given.get("args")) if whole else None
    kwargs = _mapping(scope, given.get("kwargs")) if whole else None
    options = _options(project, scope, given.get("options")) if whole else None
    arguments = "args" if "args" in given else "kwargs" if "kwargs" in given else "task"
    yield ScheduleEntry(
        task, name, scope.module.path, places["task"], "entry", scope, args, kwargs, places[arguments],
        given.get("schedule"), options, _is_text(project, scope, given.get("kwargs")),
    )  # fmt: skip


def _fields(project: Project, scope: Scope, expr: Expr | None) -> tuple[dict[str, Expr], bool] | None:
    """The entries of a dictionary with literal keys, also of `dict(other, key=...)` and `{**other}`, and whether these
    are all; None where it is no dictionary. What stands in another scope is not looked into."""
    if isinstance(expr, Name):
        found = project.target(scope, expr)
        if found is None or found.value is None or found.value[0] is not scope:
            return None
        expr = found.value[1]
    if isinstance(expr, Dict):
        pairs: list[tuple[Expr | None, Expr]] = list(expr.items)
    elif isinstance(expr, CallRef) and scope.calls[expr.index].func == Name("dict"):
        call = scope.calls[expr.index]
        pairs = [(None, arg) for arg in call.args]
        pairs += [(Const(key) if key is not None else None, value) for key, value in call.keywords]
    else:
        return None
    given: dict[str, Expr] = {}
    whole = True
    for key, value in pairs:
        if isinstance(key, Const):
            given[str(key.value)] = value
        elif key is None and (inner := _fields(project, scope, value)) is not None:
            given.update(inner[0])
            whole = whole and inner[1]
        else:
            whole = False
    return given, whole


def _options(project: Project, scope: Scope, expr: Expr | None) -> _Keywords | None:
    if expr is None or expr == Const(None):
        return ()
    fields = _fields(project, scope, expr)
    return tuple(fields[0].items()) if fields is not None and fields[1] else None


def _is_text(project: Project, scope: Scope, expr: Expr | None) -> bool:
    if isinstance(expr, CallRef):
        return project.name(scope, scope.calls[expr.index].func) == "json.dumps"
    return isinstance(expr, Const) and isinstance(expr.value, str)


def _task_name(project: Project, scope: Scope, expr: Expr) -> str | None:
    value = project.value(scope, expr)
    if isinstance(value, str):
        return value
    if isinstance(expr, Attr) and expr.attr == "name":
        known = project.task(scope, expr.base)
        return known.name or None if known is not None else None
    return None


def _periodic(project: Project, scope: Scope, call: Call) -> ScheduleEntry:
    """`add_periodic_task(schedule, signature)`: arguments given here come before those of the signature."""
    more, named = _sequence(call.argument(2, "args")), _mapping(scope, call.argument(3, "kwargs"))
    options: _Keywords | None = tuple((k, v) for k, v in call.keywords if k is not None and k not in _PERIODIC)
    if call.has_spread:
        more = named = options = None
    sent = project.signature(scope, call.args[1])
    name: str | None = None
    args: tuple[Expr, ...] | None = None
    kwargs: _Keywords | None = None
    if sent is not None:
        name = sent.name
        if sent.immutable is False:
            args = (*more, *sent.args) if more is not None and sent.args is not None else None
            kwargs = (*sent.kwargs, *named) if named is not None and sent.kwargs is not None else None
        elif sent.immutable:
            args, kwargs = sent.args, sent.kwargs
        options = (*sent.options.items(), *options) if options is not None else None
    elif (task := project.task(scope, call.args[1])) is not None:
        name, args, kwargs = task.name or None, more, named
    else:
        options = None
    return ScheduleEntry(
        name, "", scope.module.path, call.span, "call", scope, args, kwargs, call.span, call.args[0], options
    )


# --- rows


def _row(project: Project, scope: Scope, call: Call) -> Iterator[ScheduleEntry]:
    """A row that code writes: `PeriodicTask(task="shop.tasks.pay", args=json.dumps([1]))`."""
    if "migrations" in scope.module.path.split("/"):
        return  # a step of the past, which may name a task of the past
    given = {k: v for k, v in call.keywords if k is not None}
    whole = not call.has_spread and not call.args
    for key in ("defaults", "create_defaults"):
        expr = given.pop(key, None)
        if expr is None:
            continue
        if isinstance(expr, Dict) and all(isinstance(k, Const) for k, _ in expr.items):
            given.update({str(k.value): v for k, v in expr.items if isinstance(k, Const)})
        else:
            whole = False
    if "task" not in given:
        return
    name = project.value(scope, given["name"]) if "name" in given else ""
    yield ScheduleEntry(
        _task_name(project, scope, given["task"]), name if isinstance(name, str) else "", scope.module.path, call.span,
        "row", scope, _json_list(project, scope, given.get("args")) if whole else None,
        _json_dict(project, scope, given.get("kwargs")) if whole else None, call.span,
        None, tuple((k, v) for k, v in given.items() if k in _COLUMNS) if whole else None,
    )  # fmt: skip


def _json_list(project: Project, scope: Scope, expr: Expr | None) -> tuple[Expr, ...] | None:
    dumped = _dumped(project, scope, expr)
    if dumped is not None:
        return _sequence(dumped)
    value = _loaded(project, scope, expr)
    return tuple(_literal(v) for v in value) if isinstance(value, list) else None


def _json_dict(project: Project, scope: Scope, expr: Expr | None) -> _Keywords | None:
    dumped = _dumped(project, scope, expr)
    if dumped is not None:
        return _mapping(scope, dumped)
    value = _loaded(project, scope, expr) if expr is not None else {}
    return tuple((str(k), _literal(v)) for k, v in value.items()) if isinstance(value, dict) else None


def _dumped(project: Project, scope: Scope, expr: Expr | None) -> Expr | None:
    call = scope.call(expr)
    if call is None or len(call.args) != 1 or project.name(scope, call.func) != "json.dumps":
        return None
    return call.args[0]


def _loaded(project: Project, scope: Scope, expr: Expr | None) -> object:
    text = project.value(scope, expr) if expr is not None else "[]"
    if not isinstance(text, str):
        return UNKNOWN
    try:
        found: object = json.loads(text)
    except ValueError:
        return UNKNOWN
    return found


def _literal(value: object) -> Expr:
    return Const(value) if isinstance(value, str | int | float | bool | None) else Items("list", ())


# --- literal arguments


def _sequence(expr: Expr | None) -> tuple[Expr, ...] | None:
    if expr is None or expr == Const(None):
        return ()
    if isinstance(expr, Items) and expr.kind != "set" and not any(isinstance(i, Star) for i in expr.items):
        return expr.items
    return None


def _mapping(scope: Scope, expr: Expr | None) -> _Keywords | None:
    if expr is None or expr in (Const(None), Items("tuple", ())):
        return ()
    if isinstance(expr, Dict) and all(isinstance(k, Const) and isinstance(k.value, str) for k, _ in expr.items):
        return tuple((str(k.value), v) for k, v in expr.items if isinstance(k, Const))
    call = scope.call(expr)
    if call is not None and call.func == Name("dict") and not call.args and not call.has_spread:
        return tuple((k, v) for k, v in call.keywords if k is not None)
    return None

"""Redis and SQS deliver a message again that is not acknowledged within the visibility timeout."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from ..cures import app_of, setting
from ..model import (
    UNKNOWN,
    App,
    Attr,
    Call,
    CallRef,
    Choice,
    Const,
    Expr,
    Finding,
    Format,
    Module,
    Name,
    Op,
    Scope,
    Span,
    Sub,
    Task,
    Value,
)
from ..per_project import per_project
from ..rule import rule
from .acknowledgement import autoretries, late, own_retries
from .places import Places, name, names, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_DEFAULTS = {"redis": 3600.0, "rediss": 3600.0, "sentinel": 3600.0, "sqs": 1800.0}
"""Read in kombu 5.7.0: `Channel.visibility_timeout` of Redis, `default_visibility_timeout` of SQS."""
DEFAULT_TIMEOUTS = frozenset(_DEFAULTS.values())
_LONGEST_OF_SQS = 12 * 3600
_SENDS = frozenset({"apply_async", "apply_async_on_commit", "send_task", "signature", "subtask"})


def visibility_timeout(project: Project, of: Task | App | None) -> float | None:
    """The visibility timeout in seconds; None where the broker has none, or it is not known."""
    options = project.setting(of, "broker_transport_options")
    if options.is_set and isinstance(options.value, dict):
        given = options.value.get("visibility_timeout")
        if given is not None:
            known = isinstance(given, int | float) and not isinstance(given, bool)
            return float(given) if known and transport(project, of) in (None, *_DEFAULTS) else None
    elif not options.is_unset:
        return None
    scheme = transport(project, of)
    if scheme == "sqs" and options.is_set and isinstance(options.value, dict) and "predefined_queues" in options.value:
        return None
    return _DEFAULTS.get(scheme) if scheme is not None else None


def has_visibility_timeout(project: Project, of: Task | App | None) -> bool:
    """Whether the broker has one, or may have."""
    return transport(project, of) in (None, *_DEFAULTS)


def transport(project: Project, of: Task | App | None) -> str | None:
    """The transport of the broker, None where it is not known. A default beside an environment variable counts."""
    url = project.setting(of, "broker_url")
    if url.is_unset:
        return "amqp"
    value = url.value[0] if isinstance(url.value, list | tuple) and url.value else url.value
    if url.is_set and isinstance(value, str):
        return _scheme(value)
    found = set(_hints(project, url))
    for command in project.deployment.commands:
        found |= {_scheme(v) for k, v in command.environment if "BROKER" in k.upper() and "://" in v}
    return found.pop() if len(found) == 1 else None


def _scheme(url: str) -> str:
    return url.partition("://")[0].partition("+")[0].strip().lower()


def _hints(project: Project, url: Value) -> Iterator[str]:
    """The schemes of the literals in the expression that computes the broker's URL."""
    path, _, line = url.origin.rpartition(":")
    module = project.module(path) if path and line.isdigit() else None
    if module is None:
        return
    for scope in module.scopes:
        for assign in scope.assigns:
            if assign.span.line == int(line):
                yield from _literals(project, scope, assign.value)
        for call in scope.calls:
            if call.span.line == int(line):
                for key, expr in call.keywords:
                    if key is not None and key.lower() in ("broker", "broker_url"):
                        yield from _literals(project, scope, expr)


def _literals(project: Project, scope: Scope, expr: Expr, depth: int = 4) -> Iterator[str]:
    """The schemes of URLs that are written out in an expression."""
    match expr:
        case Const(value=str() as text) if "://" in text:
            yield _scheme(text)
        case Format(parts=(Const(value=str() as text), *_)) if "://" in text:
            yield _scheme(text)
        case Op(operator="or", operands=operands) | Op(operator="+", operands=operands):
            for operand in operands:
                yield from _literals(project, scope, operand, depth - 1)
        case Choice(body=body, orelse=orelse):
            yield from _literals(project, scope, body, depth - 1)
            yield from _literals(project, scope, orelse, depth - 1)
        case Name() | Attr() if depth > 0:
            target = project.target(scope, expr)
            if target is not None and target.value is not None:
                yield from _literals(project, *target.value, depth - 1)
        case _:
            call = scope.call(expr)
            if call is not None and depth > 0:
                for argument in [*call.args, *(v for _, v in call.keywords)]:
                    yield from _literals(project, scope, argument, depth - 1)


# --- CEL411


@rule("CEL411")
def delay_exceeds_visibility_timeout(module: Module, project: Project) -> Iterator[Finding]:
    """Delays of calls, of retries and in task options that are longer than the visibility timeout."""
    for span, who, what, delay, timeout, task in _delays(module, project):
        if delay > timeout:
            yield Finding(span, _message(who, what, timeout), cure=_longer_timeout(project, task))


def delayed_at(module: Module, project: Project, span: Span) -> Task | None:
    """The task that waits longer than the visibility timeout, by the place where that is reported."""
    for place, _, _, delay, timeout, task in _delays(module, project):
        if place == span and delay > timeout:
            return task
    return None


def _delays(module: Module, project: Project) -> Iterator[tuple[Span, str, str, float, float, Task | None]]:
    """Where a module delays a task: the place, who waits, what it does, how long, and the visibility timeout."""
    for scope in module.scopes:
        for call in scope.calls:
            delay = _delay(project, scope, call)
            if not delay:
                continue
            task, who = _delayed(project, scope, call)
            timeout = visibility_timeout(project, task) if who else None
            if timeout is not None:
                yield call.span, who, f"waits {_most(project, scope, call)}{number(delay)} s", delay, timeout, task
    for task in project.tasks_of(module):
        wait, why = _retry_wait(project, task)
        timeout = visibility_timeout(project, task) if wait else None
        if wait and timeout is not None:
            yield task.span, name(task), f"waits up to {number(wait)} s for a retry ({why})", wait, timeout, task


@per_project
def _longest(project: Project) -> float:
    """The longest delay of the project in seconds."""
    return max((delay for module in project.modules for _, _, _, delay, _, _ in _delays(module, project)), default=0.0)


def enough(project: Project, task: Task | None) -> int | None:
    """A visibility timeout, in whole hours, that is longer than every delay of the project and every limit of a task
    that acknowledges late; None where the broker allows none: SQS ends at twelve hours."""
    limits = [limit for limit, _ in _too_long(project)[1].values()]
    limits += [limit for module in project.modules for _, _, limit, _ in _sent_too_long(module, project)]
    hours = math.ceil((max(_longest(project), *limits, 0.0) + 1) / 3600)
    seconds = hours * 3600
    return None if transport(project, task) == "sqs" and seconds > _LONGEST_OF_SQS else seconds


def _longer_timeout(project: Project, task: Task | None) -> str:
    """The setting that is longer than all delays."""
    seconds = enough(project, task)
    if seconds is None:
        return ""
    options = project.setting(task, "broker_transport_options")
    if options.is_set:
        return f"raise `visibility_timeout` to {seconds} ({options.origin})" if options.origin else ""
    app = app_of(project, [task]) if task is not None else None
    line = setting(project, app, "broker_transport_options", f'{{"visibility_timeout": {seconds}}}')
    return f"write {line}" if line else ""


def _message(who: str, what: str, timeout: float) -> str:
    longer = f"longer than the broker's visibility timeout of {number(timeout)} s"
    return f"{who} {what}, {longer}: it is delivered and run several times"


def _delay(project: Project, scope: Scope, call: Call) -> float | None:
    """The delay that a call asks for, in seconds."""
    countdown = call.keyword("countdown")
    if countdown is not None:
        return _longest_of(project, scope, countdown)
    eta = call.keyword("eta")
    if isinstance(eta, Op) and eta.operator == "+" and len(eta.operands) == 2:
        for operand in eta.operands:
            delta = project.value(scope, operand)
            if isinstance(delta, dt.timedelta):
                return delta.total_seconds()
    return None


def _most(project: Project, scope: Scope, call: Call) -> str:
    """What to say of a delay that is one of several."""
    countdown = call.keyword("countdown")
    return "up to " if countdown is not None and project.value(scope, countdown) is UNKNOWN else ""


def _longest_of(project: Project, scope: Scope, expr: Expr, depth: int = 6) -> float | None:
    """The longest delay that an expression may mean, of those that are written out: an item of a table that is taken by
    a number which is not known may be each of its items."""
    value = project.value(scope, expr)
    if value is not UNKNOWN or not depth:
        return _number(value)
    found: list[float | None] = []
    match expr:
        case Choice(body=body, orelse=orelse):
            found = [_longest_of(project, scope, side, depth - 1) for side in (body, orelse)]
        case Sub(base=base):
            table = project.value(scope, base)
            items = table.values() if isinstance(table, dict) else table if isinstance(table, list | tuple) else ()
            found = [_number(item) for item in items]
            if None in found:
                return None
        case Name(id=name) if scope.param(name) is None:
            bound = scope.assigned(name)
            if len(bound) == 1 and bound[0].operator == "=":
                return _longest_of(project, scope, bound[0].value, depth - 1)
        case Op(operator="or", operands=operands):
            found = [_longest_of(project, scope, operand, depth - 1) for operand in operands]
        case Op(operator="*" | "+", operands=(left, right)):
            one, other = (_longest_of(project, scope, side, depth - 1) for side in (left, right))
            if one is not None and other is not None and min(one, other) >= 0:
                return one * other if expr.operator == "*" else one + other
        case Attr(attr=name) if name.isupper() and _is_of_django(project, scope, expr):
            values = [
                _number(project.value(module.body, assign.value))
                for module in project.django_settings
                for assign in module.body.assigned(name)
            ]
            return values[0] if values and all(v == values[0] for v in values) else None
        case CallRef():
            call = scope.calls[expr.index]
            if project.name(scope, call.func) in ("builtins.int", "builtins.float") and len(call.args) == 1:
                return _longest_of(project, scope, call.args[0], depth - 1)
    return max((number for number in found if number is not None), default=None)


def _is_of_django(project: Project, scope: Scope, expr: Attr) -> bool:
    return project.name(scope, expr.base) in ("django.conf.settings", "django.conf.LazySettings()")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _delayed(project: Project, scope: Scope, call: Call) -> tuple[Task | None, str]:
    """The task that a call delays, and what to call it; "" where the call is none of Celery's."""
    if call.attr == "retry" and isinstance(call.func, Attr):
        owner: Scope | None = scope
        while owner is not None:
            task = project.task_of(owner)
            if task is not None:
                first = owner.params[0].name if owner.params and task.bound is not False else None
                own = first is not None and call.func.base == Name(first)
                return (task, name(task)) if own or project.task(scope, call.func.base) is task else (None, "")
            owner = owner.enclosing
        return None, ""
    if call.attr == "set":
        inner = scope.call(getattr(call.func, "base", None))
        sent = project.dispatch(scope, inner) if inner is not None else None
    elif call.attr in _SENDS:
        sent = project.dispatch(scope, call)
    else:
        return None, ""
    if sent is None:
        return None, ""
    if sent.task is not None:
        return sent.task, name(sent.task)
    return (None, f"`{sent.name}`") if sent.name else (None, "")


def _retry_wait(project: Project, task: Task) -> tuple[float | None, str]:
    """The longest delay before a retry that the options of the task name, and the option."""
    automatic = autoretries(project, task)
    delay = project.option(task, "default_retry_delay")
    if not automatic:
        plain = any(
            not call.has_spread and call.keyword("countdown") is None and call.keyword("eta") is None
            for call in own_retries(task)
        )
        return (delay.number, "`default_retry_delay`") if plain else (None, "")
    backoff = project.option(task, "retry_backoff")
    kwargs = project.option(task, "retry_kwargs")
    options = kwargs.value if isinstance(kwargs.value, dict) else {}
    if "unknown" in (backoff.state, kwargs.state) or (kwargs.is_set and not isinstance(kwargs.value, dict)):
        return None, ""
    if backoff.is_unset or backoff.value in (False, 0):
        if "countdown" in options:
            return _number(options["countdown"]), "`retry_kwargs`"
        return (delay.number, "`default_retry_delay`") if "eta" not in options else (None, "")
    factor = 1.0 if backoff.value is True else _number(backoff.value)
    cap = project.option(task, "retry_backoff_max")
    most = 600.0 if cap.is_unset else cap.number
    tries = project.option(task, "max_retries")
    limit = options.get("max_retries", 3 if tries.is_unset else tries.value)
    if factor is None or most is None or not (limit is None or isinstance(limit, int)):
        return None, ""
    longest = most if limit is None or limit > 60 else min(most, factor * 2 ** max(limit - 1, 0))
    return longest, "`retry_backoff`"


# --- CEL807


@per_project
def _too_long(project: Project) -> tuple[Places, dict[tuple[str, int], tuple[float, float]]]:
    places = Places(project)
    numbers: dict[tuple[str, int], tuple[float, float]] = {}
    for task in project.tasks:
        if late(project, task) is not True:
            continue
        hard = project.option(task, "time_limit")
        limit = project.option(task, "soft_time_limit") if hard.is_unset else hard
        if not limit.number:
            continue
        timeout = visibility_timeout(project, task)
        if timeout is not None and limit.number > timeout:
            place = places.add(task, limit)
            if place is not None:
                numbers[(place.path, place.span.line)] = (limit.number, timeout)
    return places, numbers


def _sent_too_long(module: Module, project: Project) -> Iterator[tuple[Span, Task, float, float]]:
    """Where a module gives a task a time limit of its own that is too long: the place, the task, the limit and the
    visibility timeout."""
    for scope in module.scopes:
        for call in scope.calls:
            span, expr = _limit_given(scope, call)
            limit = _longest_of(project, scope, expr) if expr is not None else None
            task = _delayed(project, scope, call)[0] if limit and call.attr != "retry" else None
            if limit is None or task is None or late(project, task) is not True:
                continue
            timeout = visibility_timeout(project, task)
            if timeout is not None and limit > timeout:
                yield span, task, limit, timeout


def _limit_given(scope: Scope, call: Call) -> tuple[Span, Expr | None]:
    """The time limit that a call gives a task, and where: by keyword, or in a dictionary of options that the function
    makes."""
    spread = next((value for key, value in call.keywords if key is None), None)
    held = call.keyword("options") or spread
    for limit in ("time_limit", "soft_time_limit"):
        expr = call.keyword(limit)
        if expr is not None:
            return call.span, expr
        put = [a for a in scope.assigns if a.target == Sub(held, Const(limit))] if isinstance(held, Name) else []
        if put:
            return put[-1].span, put[-1].value if len(put) == 1 and put[0].operator == "=" else None
    return call.span, None


def running_too_long_at(module: Module, project: Project, span: Span) -> list[Task]:
    """The tasks that may run longer than the visibility timeout, by the place where that is reported."""
    found = [task for place in _too_long(project)[0].of(module) if place.span == span for task in place.tasks]
    return found or [task for place, task, _, _ in _sent_too_long(module, project) if place == span]


@rule("CEL807")
def limit_exceeds_visibility_timeout(module: Module, project: Project) -> Iterator[Finding]:
    """Late-acknowledged tasks whose time limit is longer than the visibility timeout."""
    places, numbers = _too_long(project)
    for place in places.of(module):
        limit, timeout = numbers[(place.path, place.span.line)]
        who = name(place.tasks[0]) if place.own else names(place.tasks)
        yield _of_limit(project, place.span, who, place.tasks[0], limit, timeout)
    for span, task, limit, timeout in _sent_too_long(module, project):
        yield _of_limit(project, span, name(task), task, limit, timeout)


def _of_limit(project: Project, span: Span, who: str, task: Task, limit: float, timeout: float) -> Finding:
    longer = f"longer than the broker's visibility timeout of {number(timeout)} s"
    message = f"{who} may run {number(limit)} s, {longer}, and acknowledges late: it is delivered again while it runs"
    return Finding(span, message, cure=_longer_timeout(project, task))

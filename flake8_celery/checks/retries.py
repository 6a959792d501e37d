"""Retries that do not happen, that never end, or that happen although the run went on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..frozen import dataclass
from ..knowledge.effects import FETCHES
from ..knowledge.exceptions import CONTROL
from ..knowledge.http_clients import is_network, may_be_raised
from ..knowledge.limits import QUICK, QUICK_METHODS
from ..model import Attr, Call, Expr, Finding, Handler, Items, Module, Name, Scope, Span, Task, dotted
from ..per_project import per_project
from ..reads import parts, reads
from ..rule import rule
from .acknowledgement import autoretries, own_retries
from .network import call_name
from .places import Places, is_own, name, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_RETRY, _IGNORE, _REJECT = (f"celery.exceptions.{last}" for last in ("Retry", "Ignore", "Reject"))
_RAISES = {"retry": _RETRY, "replace": _IGNORE}
_METHODS = frozenset(
    f"celery.{owner}.{method}" for owner in ("Task()", "app.task.Task()", "current_task") for method in _RAISES
)


# --- CEL303


@dataclass(frozen=True)
class Swallowed:
    """A handler that gets what a task tells its worker by an exception: the `errors` by name, with what is wrong."""

    handler: Handler
    errors: tuple[str, ...]
    message: str


def swallowed(project: Project, module: Module) -> list[Swallowed]:
    """The handlers in a module that keep the signals of tasks to their worker from getting out."""
    found: dict[Span, Swallowed] = {}
    for scope in module.scopes:
        if not any(block.handlers for block in scope.blocks):
            continue
        for error, block, what in _control_flow(project, scope):
            caught = project.handling.catcher(scope, block, error)
            if caught is None:
                continue
            known = found.get(caught.handler.span)
            message = _swallowed(project, scope, caught.handler, error, what)
            if known is not None and error not in known.errors:
                found[caught.handler.span] = replace(known, errors=(*known.errors, error))
            elif known is None and message is not None:
                found[caught.handler.span] = Swallowed(caught.handler, (error,), message)
    return list(found.values())


@rule("CEL303")
def retry_swallowed(module: Module, project: Project) -> Iterator[Finding]:
    """Handlers that get the exception by which a task tells the worker that it is sent again, replaced or refused."""
    for place in swallowed(project, module):
        yield Finding(place.handler.span, place.message)


def _control_flow(project: Project, scope: Scope) -> Iterator[tuple[str, int, str]]:
    """Where the scope raises one of Celery's own signals to the worker: which, in which block, and by what."""
    for call in scope.calls:
        if call.attr in _RAISES and call.keyword("throw") is None and on_task(project, scope, call):
            yield _RAISES[call.attr], call.block, f"`{dotted(call.func) or call.attr}()`"
    for raised in scope.raises:
        made = scope.call(raised.value)
        expr = made.func if made is not None else raised.value
        if (dotted(expr) or "").rpartition(".")[2] in ("Retry", "Ignore", "Reject"):
            for error in project.handling.classes(scope, expr):
                if error in CONTROL:
                    yield error, raised.block, f"`raise {error.rpartition('.')[2]}`"


def on_task(project: Project, scope: Scope, call: Call) -> bool:
    """Whether the method belongs to a task: `self` of a bound task, a task's name, `current_task`."""
    if not isinstance(call.func, Attr):
        return False
    return project.task(scope, call.func.base) is not None or project.name(scope, call.func) in _METHODS


def _swallowed(project: Project, scope: Scope, handler: Handler, error: str, what: str) -> str | None:
    """What happens to the signal in the handler that gets it, None where it may get out."""
    if project.handling.passes_on(scope, handler):
        return None
    caught = f"this `except` catches the `{error.rpartition('.')[2]}` of {what}"
    who = f"`{scope.name}`"
    sent = "retry" if error == _RETRY else "replacement"
    by_call = not what.startswith("`raise")
    if any(c.attr == "retry" and on_task(project, scope, c) for c in _calls_in(scope, handler)):
        if error != _RETRY or not by_call:
            return None
        return f"{caught} and retries again: {who} is sent twice, so that its runs double with each retry"
    if project.handling.replaces(scope, handler):
        if by_call:
            return f"{caught} and raises another error: {who} fails although its {sent} is already sent"
        return f"{caught} and raises another error: {who} fails"
    if by_call:
        return f"{caught}: the {sent} is already sent, yet this run of {who} goes on as if nothing had happened"
    if error == _REJECT:
        return f"{caught}: {who} goes on and its message is acknowledged, not rejected"
    return f"{caught}: {who} goes on as if nothing had happened"


def _calls_in(scope: Scope, handler: Handler) -> Iterator[Call]:
    return (call for call in scope.calls if scope.inside(call.block, handler.block))


# --- CEL304

_BY_ANY_RETRY = ("max_retries", "default_retry_delay")
_BY_AUTORETRY = ("retry_backoff", "retry_backoff_max", "retry_kwargs", "dont_autoretry_for")


@rule("CEL304")
def dead_retry_options(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks whose declaration says how they are retried, while nothing retries them."""
    for task in project.tasks_of(module):
        given = [option for option in (*_BY_ANY_RETRY, *_BY_AUTORETRY) if _is_given(task, option)]
        if not given or _is_stub(task.function):
            continue
        if not project.retries(task):
            lost = project.option(task, "retry_on_worker_lost")
            if lost.is_set and lost.truth(False) is not False:
                given = [option for option in given if option not in _BY_ANY_RETRY]
            why = "nothing retries this task"
        else:
            given = [option for option in given if option in _BY_AUTORETRY]
            if not given or not _only_by_hand(project, task):
                continue
            why = "`self.retry()` does not look at it" if len(given) == 1 else "`self.retry()` does not look at them"
            why += ", only `autoretry_for` does"
        if given and not _reads_any(project, task, given):
            verb = "has" if len(given) == 1 else "have"
            options = " and ".join(f"`{option}`" for option in given[:2])
            if len(given) > 2:
                options = ", ".join(f"`{option}`" for option in given[:-1]) + f" and `{given[-1]}`"
            yield Finding(task.span, f"{options} of {name(task)} {verb} no effect: {why}")


def _is_stub(function: Scope) -> bool:
    """Whether the function does nothing that could fail: `pass`, a docstring."""
    return not (function.calls or function.raises or function.assigns or function.returns or function.blocks) and all(
        param.name in function.unread for param in function.params
    )


def _is_given(task: Task, option: str) -> bool:
    """Whether the task's own declaration gives the option a value that asks for retries."""
    value = task.options.get(option)
    if value is None or not is_own(task, value):
        return False
    # without a limit, or at least one retry; a jitter alone asks for nothing
    return value.value not in (None, False, 0, {}, ()) or (option == "max_retries" and value.value is None)


def _only_by_hand(project: Project, task: Task) -> bool:
    """Whether the task is certainly retried by `self.retry()` in its body and by nothing else."""
    if not task.complete or task.wrappers or not own_retries(task) or len(task.function.decorators) > 1:
        return False
    own = Name(task.function.params[0].name)
    if any(own in (*call.args, *(v for _, v in call.keywords)) for call in task.function.calls):
        return False
    return project.option(task, "autoretry_for").is_unset and project.base_class(task) == (None, True)


def _reads_any(project: Project, task: Task, options: list[str]) -> bool:
    """Whether the task, what it calls, its wrappers or its class look at one of the options themselves."""
    scopes = [*(reached.scope for reached in project.reach(task)), *task.wrappers]
    cls, _ = project.base_class(task)
    if cls is not None:
        above = (a.scope for a in project.names.ancestors(cls) if a is not None)
        scopes += [child for c in (cls, *above) if c is not None for child in c.children]
    return any(isinstance(p, Attr) and p.attr in options for scope in scopes for p, _ in reads(scope))


# --- CEL305

_SILENT_DECORATORS = frozenset({"django.db.transaction.atomic", "functools.wraps"})
"""Decorators of other packages that raise nothing of their own."""
_QUERIES = frozenset({"db", "objects", "_default_manager", "query", "session"})


@rule("CEL305")
def autoretry_defeated(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks with `autoretry_for` whose body keeps the errors it names to itself."""
    for task in project.running_tasks_of(module):
        scope = task.function
        if not any(block.handlers for block in scope.blocks) or not autoretries(project, task):
            continue
        seen: set[Span] = set()
        for error in _autoretry_errors(project, task):
            if _raised_around(project, task, error):
                continue
            for handler in _defeating(project, scope, error):
                if handler.span not in seen:
                    seen.add(handler.span)
                    last = error.rpartition(".")[2]
                    yield Finding(
                        handler.span,
                        f"this `except` keeps `{last}` inside {name(task)}: `autoretry_for` never sees it, "
                        "and nothing is retried",
                    )


def _autoretry_errors(project: Project, task: Task) -> list[str]:
    """The errors after which the task is retried; none where one of them cannot be told."""
    found = project.given(task, "autoretry_for")
    if found is None:
        return []
    errors = project.handling.classes(*found)
    return [error for error in errors if error is not None] if None not in errors else []


def _raised_around(project: Project, task: Task, error: str) -> bool:
    """Whether a decorator between Celery and the function may raise the error, where no `except` inside catches it."""
    for scope in task.wrappers:
        for raised in scope.raises:
            names = project.handling.classes(scope, raised.value) if raised.value is not None else []
            if any(name is None or project.handling.may_be(name, error) for name in names):
                return True
    outer = task.function.enclosing
    if task.decorator is None or outer is None or error in ("Exception", "BaseException"):
        return False
    below = task.function.decorators[task.function.decorators.index(task.decorator) + 1 :]
    for decorator in below:
        call = outer.call(decorator.expr)
        made = project.target(outer, call.func if call is not None else decorator.expr)
        if (made is None or made.scope is None) and (made is None or made.name not in _SILENT_DECORATORS):
            return True
    return False


def _defeating(project: Project, scope: Scope, error: str) -> list[Handler]:
    """The handlers that together keep the error inside, empty where it can get out of any call."""
    places = [call.block for call in scope.calls if _may_raise(project, scope, call, error)]
    for raised in scope.raises:
        names = project.handling.classes(scope, raised.value) if raised.value is not None else [None]
        if error in names or None in names:
            places.append(raised.block)
    found: dict[Span, Handler] = {}
    for block in places:
        caught = project.handling.catcher(scope, block, error)
        if caught is None or not _keeps(project, scope, caught.handler):
            return []
        found[caught.handler.span] = caught.handler
    return list(found.values())


def _keeps(project: Project, scope: Scope, handler: Handler) -> bool:
    """Whether the handler neither raises nor sends the task again."""
    if project.handling.passes_on(scope, handler) or any(scope.inside(r.block, handler.block) for r in scope.raises):
        return False
    sends = ("retry", "delay", "apply_async", "replace", "send_task")
    return not any(call.attr in sends for call in _calls_in(scope, handler))


def _may_raise(project: Project, scope: Scope, call: Call, error: str) -> bool:
    """Whether a call is part of the task's work and may raise the error, as far as can be told.

    Objects that are made or fetched first are not the work. They may fail too, but that is seldom what the author of
    an `except` around all the rest counted on.
    """
    if any(block.kind in ("except", "finally") for _, block in scope.around(call.block)):
        return False
    if call.use == "decorator" or call.attr in QUICK_METHODS or (call.attr or "")[:1].isupper():
        return False
    if call.attr in FETCHES and _is_query(scope, call.func):
        return False
    called = call_name(project, scope, call)
    if called is None:
        return True
    if called.startswith((*QUICK, "builtins.")):
        return False
    return not is_network(called) or may_be_raised(called, error)


def _is_query(scope: Scope, expr: Expr) -> bool:
    """Whether an expression goes through a manager or session of a database: `Order.objects.filter(...)`."""
    while True:
        if isinstance(expr, Attr):
            if expr.attr in _QUERIES:
                return True
            expr = expr.base
        elif (call := scope.call(expr)) is not None:
            expr = call.func
        else:
            return isinstance(expr, Name) and expr.id in _QUERIES


# --- CEL306


@rule("CEL306")
def infinite_retries(module: Module, project: Project) -> Iterator[Finding]:
    """`max_retries=None`: on a task it means for ever, in `retry()` it means nothing."""
    for place in endless(project).of(module):
        who = name(place.tasks[0]) if place.own else names(place.tasks)
        yield Finding(
            place.span,
            f"`max_retries=None`: {who} is retried for ever, a message that can never succeed never goes away",
        )
    for task in project.tasks_of(module):
        given = project.given(task, "retry_kwargs")
        kwargs = project.value(*given) if given is not None else None
        if isinstance(kwargs, dict) and "max_retries" in kwargs and kwargs["max_retries"] is None:
            yield Finding(task.span, _fallback(project, task, "in `retry_kwargs`"))
    for scope, call in project.called(module, ("retry",)):
        if call.keyword("max_retries") is None or not on_task(project, scope, call):
            continue
        if project.value(scope, call.keyword("max_retries")) is None and isinstance(call.func, Attr):
            found = project.task(scope, call.func.base)
            if found is not None:
                yield Finding(call.span, _fallback(project, found, "in `retry()`"))


def _fallback(project: Project, task: Task, where: str) -> str:
    limit = project.option(task, "max_retries")
    times = 3 if limit.is_unset else limit.value
    known = f"`max_retries` of {times}" if isinstance(times, int) else "own `max_retries`"
    return f"`max_retries=None` {where} does not lift the limit: {name(task)} keeps its {known}"


@per_project
def endless(project: Project) -> Places:
    """The tasks that are retried without a limit."""
    places = Places(project)
    for task in project.tasks:
        limit = project.option(task, "max_retries")
        if not limit.is_set or limit.value is not None:
            continue
        # an expired message is thrown away, also between two retries
        if not project.option(task, "expires").is_unset or _counts(project, task):
            continue
        by_hand = [call for call in own_retries(task) if not _is_limited(project, task.function, call)]
        waits = _waits(project, task)
        if waits:
            # without an error it is the step from the beginning to the waiting
            by_hand = [call for call in by_hand if _after_error(task.function, call)]
        if by_hand or (autoretries(project, task) and not waits):
            places.add(task, limit)
    return places


def _waits(project: Project, task: Task) -> bool:
    """Whether the task is retried only after errors that the project made for it: it waits until something is so."""
    found = project.given(task, "autoretry_for")
    if found is None:
        return False
    scope, expr = found
    classes = [project.function(scope, item) for item in (expr.items if isinstance(expr, Items) else (expr,))]
    return all(cls is not None and cls.kind == "class" for cls in classes)


def _after_error(scope: Scope, call: Call) -> bool:
    return any(block.kind == "except" for _, block in scope.around(call.block))


def _is_limited(project: Project, scope: Scope, call: Call) -> bool:
    given = call.keyword("max_retries")
    return call.has_spread or (given is not None and project.value(scope, given) is not None)


def _counts(project: Project, task: Task) -> bool:
    """Whether the task decides by itself when it has been retried often or long enough."""
    for reached in project.reach(task):
        for block in reached.scope.blocks:
            tests = [block.test] if block.kind in ("if", "while") and block.test is not None else []
            if any(isinstance(part, Attr) and part.attr == "retries" for test in tests for part in parts(test)):
                return True
    return False

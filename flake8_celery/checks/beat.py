"""Beat: work that belongs into tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..knowledge.beat_work import (
    APP_SIGNALS,
    BACKGROUND,
    HOT_METHODS,
    MANAGER_READS,
    SCHEDULERS,
    SIGNALS,
    SLEEPS,
    SUBPROCESSES,
)
from ..knowledge.effects import MANAGER_WRITES, WRITES
from ..knowledge.http_clients import is_network
from ..model import Attr, Call, Dict, Expr, Finding, Items, Module, Name, Op, Scope, Span, Task, dotted
from ..rule import rule
from .network import call_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project, Reach

_SCHEDULE_MODEL = re.compile(r"periodic|schedul|crontab|interval|clocked|solar|beat|lock|lease|leader", re.IGNORECASE)
_STANDBY = re.compile(r"lock|leader|acquire|lease|elect", re.IGNORECASE)


@rule("CEL702")
def logic_in_beat(module: Module, project: Project) -> Iterator[Finding]:
    """Schedulers, signal receivers and schedules that wait for the network, for programs or for a task's own work."""
    found: dict[Span, Finding] = {}
    for finding in (
        *_in_schedulers(module, project),
        *_in_receivers(module, project),
        *_in_schedules(module, project),
    ):
        found.setdefault(finding.span, finding)
    yield from found.values()


# --- schedulers


def _in_schedulers(module: Module, project: Project) -> Iterator[Finding]:
    for cls in module.classes:
        methods = [m for m in cls.children if m.kind == "function" and m.name in HOT_METHODS]
        if not methods or not _is_scheduler(project, cls):
            continue
        for method in methods:
            for what, span in _work(project, method, module, sleeps=True):
                yield Finding(span, f"`{method.qualname}` {what}: until that is done, beat sends nothing else")


def _is_scheduler(project: Project, cls: Scope) -> bool:
    return any(base is not None and base.name in SCHEDULERS for base in project.names.ancestors(cls))


# --- receivers


def _in_receivers(module: Module, project: Project) -> Iterator[Finding]:
    for scope in module.scopes:
        for decorator in scope.decorators:
            when = _signal(project, scope.enclosing, decorator.expr)
            if when:
                yield from _in_receiver(project, module, scope, when)
        for call in scope.calls:
            when = _signal(project, scope, call.func) if call.args and call.use != "decorator" else ""
            receiver = project.function(scope, call.args[0]) if when else None
            if receiver is not None and receiver.module is module:
                yield from _in_receiver(project, module, receiver, when)


def _signal(project: Project, scope: Scope | None, expr: Expr) -> str:
    """When a receiver runs that is connected by this expression, "" where it connects none to beat or the app."""
    call = scope.call(expr) if scope is not None else None
    if call is not None:
        expr = call.func
    if scope is None or not isinstance(expr, Attr) or expr.attr != "connect":
        return ""
    if isinstance(expr.base, Attr) and expr.base.attr in APP_SIGNALS:
        return "in every process that uses the app, beat and web servers alike"
    return SIGNALS.get(project.name(scope, expr.base) or "", "")


def _in_receiver(project: Project, module: Module, receiver: Scope, when: str) -> Iterator[Finding]:
    if receiver.kind != "function":
        return
    for what, span in _work(project, receiver, module, sleeps=when.startswith("in every")):
        yield Finding(span, f"`{receiver.name}` {what} {when}: the process waits for it before it does anything else")


# --- what they do


def _work(project: Project, function: Scope, module: Module, *, sleeps: bool) -> Iterator[tuple[str, Span]]:
    """What a function of the module does that beat should not wait for, and where in the module."""
    for reached in project.reach(_as_task(function)):
        if _in_background(reached.scope):
            continue
        for call in reached.scope.calls:
            what = _effect(project, reached, call, sleeps=sleeps)
            if what:
                if len(reached.trace) > 1:
                    way = " -> ".join(f"`{step.rpartition('.')[2]}`" for step in reached.trace[1:])
                    what = f"calls {way}, which {what}"
                yield what, _place(reached, call, module, function)


def _in_background(scope: Scope) -> bool:
    """Whether a nested function is handed to a thread."""
    outer = scope.enclosing
    if outer is None or outer.kind != "function":
        return False
    return any(
        call.attr in BACKGROUND and Name(scope.name) in (*call.args, *(value for _, value in call.keywords))
        for call in outer.calls
    )


def _as_task(function: Scope) -> Task:
    return Task("", function, function.module, function.span, {})


def _place(reached: Reach, call: Call, module: Module, function: Scope) -> Span:
    for scope, other in reversed((*reached.calls, (reached.scope, call))):
        if scope.module is module:
            return other.span
    return function.span


def _effect(project: Project, reached: Reach, call: Call, *, sleeps: bool) -> str:
    scope = reached.scope
    name = call_name(project, scope, call)
    if name is not None:
        short = name.replace("()", "")
        if is_network(name) or name in SUBPROCESSES:
            return f"calls `{short}`"
        if name in SLEEPS and sleeps and not _stands_by(reached, call):
            return f"calls `{short}`"
        if _writes(name):
            return f"writes to the database (`{dotted(call.func) or short}`)"
    task = project.task(scope, call.func)
    if task is not None and call.use not in ("decorator", "argument"):
        return f"runs the task `{task.function.name}` itself"
    if call.attr == "apply" and isinstance(call.func, Attr):
        sent = project.dispatch(scope, call)
        if sent is not None and sent.method == "apply" and sent.task is not None:
            return f"runs the task `{sent.task.function.name}` itself"
    return ""


def _stands_by(reached: Reach, call: Call) -> bool:
    """Whether the function waits for its turn among several beats, or for something to come up."""
    if any(block.kind in ("while", "except") for _, block in reached.scope.around(call.block)):
        return True
    words = [reached.scope.qualname, *(call.attr or "" for call in reached.scope.calls)]
    return any(_STANDBY.search(word) for word in words)


def _writes(name: str) -> bool:
    """Whether this writes rows, other than those of a schedule."""
    model, objects, method = name.partition(".objects")
    last = method.rpartition(".")[2]
    return bool(objects) and last in (WRITES | MANAGER_WRITES) and not _SCHEDULE_MODEL.search(model)


# --- schedules


def _in_schedules(module: Module, project: Project) -> Iterator[Finding]:
    """Schedules whose entries the network or the database gives while the module is imported."""
    body = module.body
    values: list[Expr] = [a.value for a in body.assigns if _is_schedule(a.target)]
    for call in body.calls:
        given = call.keyword("beat_schedule")
        if given is not None and call.attr in ("update", "Celery"):
            values.append(given)
        if call.attr == "update" and isinstance(call.func, Attr) and _is_schedule(call.func.base) and call.args:
            values.append(call.args[0])
    for value in values:
        for call in _calls(body, value):
            what = _asks(project, body, call)
            if what:
                yield Finding(call.span, f"the schedule {what} while the module is imported, in every process")
                break  # one is enough to move the schedule elsewhere


def _is_schedule(target: Expr) -> bool:
    last = (dotted(target) or "").rpartition(".")[2].lower()
    return last in ("beat_schedule", "celery_beat_schedule", "celerybeat_schedule")


def _calls(scope: Scope, expr: Expr | None, depth: int = 0) -> Iterator[Call]:
    """The calls in an expression, through the variables of the same scope that are assigned once."""
    if depth > 6 or expr is None:
        return
    call = scope.call(expr)
    if call is not None:
        yield call
        for part in (call.func, *call.args, *(value for _, value in call.keywords)):
            yield from _calls(scope, part, depth + 1)
    match expr:
        case Attr(base=base):
            yield from _calls(scope, base, depth + 1)
        case Items(items=items):
            for item in items:
                yield from _calls(scope, item, depth + 1)
        case Dict(items=pairs):
            for _, value in pairs:
                yield from _calls(scope, value, depth + 1)
        case Op(operands=operands):
            for operand in operands:
                yield from _calls(scope, operand, depth + 1)
        case Name(id=name):
            bindings = scope.assigned(name)
            if len(bindings) == 1 and bindings[0].operator == "=":
                yield from _calls(scope, bindings[0].value, depth + 1)
        case _:
            pass


def _asks(project: Project, scope: Scope, call: Call) -> str:
    """What a call at import asks the network or the database for."""
    own = call_name(project, scope, call)
    function = project.function(scope, call.func)
    names = [own] if own is not None else []
    if function is not None and function.kind == "function":
        for reached in project.reach(_as_task(function)):
            names += [n for n in (call_name(project, reached.scope, c) for c in reached.scope.calls) if n is not None]
    for name in names:
        if is_network(name) or name in SUBPROCESSES:
            return f"calls `{name.replace('()', '')}`"
        _, objects, method = name.partition(".objects")
        if objects and method.rpartition(".")[2] in MANAGER_READS:
            written = dotted(call.func) if name == own else None
            return f"asks the database (`{written or name.replace('()', '')}`)"
    return ""

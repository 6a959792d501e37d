"""Event loops in tasks, and asynchronous clients that do not fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_celery.knowledge.async_clients import (
    CLIENTS,
    CLOSING,
    ENGINES,
    NEW_LOOP,
    POOLED,
    SESSION_FACTORIES,
    SESSIONS,
)
from flake8_celery.model import (
    Attr,
    Await,
    Call,
    Choice,
    Comp,
    Dict,
    Expr,
    Finding,
    Items,
    Module,
    Name,
    Op,
    Scope,
    ScopeRef,
    Span,
    Star,
    Sub,
    Task,
    dotted,
)
from flake8_celery.rule import rule
from flake8_celery.traits import imports

from ..frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flake8_celery.names import Target
    from flake8_celery.project import Project, Reach

_LOOPS = frozenset({"asyncio.get_event_loop", "asyncio.events.get_event_loop"})
_SET_LOOP = frozenset({"asyncio.set_event_loop", "asyncio.events.set_event_loop"})
_COVERS_RUNTIME_ERROR = frozenset({"RuntimeError", "Exception", "BaseException", None})
_CACHES = frozenset({"functools.lru_cache", "functools.cache"})
_DEPTH = 4
_ENTERED = frozenset({"__init__", "__enter__", "__aenter__", "__exit__", "__aexit__"})
"""Methods that run where an instance of a class is made and entered."""


# --- CEL404


@dataclass(frozen=True)
class _Use:
    """A call on a client that outlives the event loop it is used in."""

    target: Target
    kind: str
    scope: Scope
    call: Call


@rule("CEL404")
def async_client_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """Asynchronous clients that outlive the event loop of a task, are never closed, or are called without `await`."""
    seen: set[object] = set()
    for task in project.running_tasks_of(module):
        for reach in project.reach(task):
            for key, span, message in (
                *_shared_clients(project, module, task, reach),
                *_unclosed_clients(project, module, task, reach),
                *_unawaited_calls(project, module, task, reach),
            ):
                if key not in seen:
                    seen.add(key)
                    yield Finding(span, message)


def _shared_clients(project: Project, module: Module, task: Task, reach: Reach) -> Iterator[tuple[object, Span, str]]:
    """Clients made at import, and used in coroutines that the task runs in a new loop each time."""
    scope = reach.scope
    for call in project.of_scope(_runners, scope):
        given = _coroutines(project, scope, call.args[:1], reach.calls)
        run = [s for function in given for s in _closure(project, function)]
        uses = [use for inner in run for use in _client_calls(project, inner) if _made_once(project, use.target)]
        around = [*run, *_closure(project, scope)] if uses else []
        closed = {_made(u.target) for s in around for u in _client_calls(project, s) if u.call.attr in CLOSING}
        for use in uses:
            if {_made(use.target), _made(_bound_engine(project, use.target))} & (closed - {None}):
                continue
            place = _definition(project, module, use.target)
            what = use.kind
            if place is None and use.target.made is not None:
                made, by = use.target.made
                what += f", {project.where(made, by.span)}"
            span = place or _place(module, reach, call, use)
            if span is not None:
                label = use.target.variable.rpartition(".")[2] or _label(use)
                message = (
                    f"`{label}` ({what}) is made once, but each run of `{task.function.name}` uses it in a new event "
                    "loop: a later run fails with RuntimeError, as its connections belong to a closed loop"
                )
                yield _made(use.target), span, message


def _runners(project: Project, scope: Scope) -> list[Call]:
    """The calls that run a coroutine in a new event loop, which ends with it."""
    calls = [call for call in scope.calls if _runs_new_loop(project, scope, call)]
    if calls and any(loaded == "nest_asyncio" for _, _, loaded in imports(scope.module)):
        return []  # which keeps the loop open
    return calls


def _place(module: Module, reach: Reach, runner: Call, use: _Use) -> Span | None:
    """Where to report a client that is made elsewhere: where it is used, where the coroutine is run, or on the way."""
    if use.scope.module is module:
        return use.call.span
    return runner.span if reach.scope.module is module else _near(module, reach)


def _definition(project: Project, module: Module, target: Target) -> Span | None:
    """Where a client made at import is bound, if that is in this module."""
    if target.made is not None and target.made[0].kind in ("module", "class") and target.made[0].module is module:
        return target.made[1].span
    name = target.variable
    if name and name.rpartition(".")[0] == project.module_name(module):
        return next((a.span for a in module.body.assigned(name.rpartition(".")[2])), None)
    return None


def _made(target: Target | None) -> tuple[str, Span] | None:
    """Where a client is made: what tells it from others."""
    return (target.made[0].module.path, target.made[1].span) if target is not None and target.made is not None else None


def _label(use: _Use) -> str:
    if use.target.made is not None and use.target.made[0].kind == "function":
        return f"{use.target.made[0].name}()"
    return dotted(use.call.func) or "the client"


def _made_once(project: Project, target: Target) -> bool:
    """Whether a client is made at import, or by a function that keeps what it returned."""
    if target.variable or target.made is None:
        return bool(target.variable)
    scope = target.made[0]
    return scope.kind in ("module", "class") or _is_cached(project, scope)


def _is_cached(project: Project, function: Scope) -> bool:
    outer = function.enclosing
    if outer is None:
        return False
    calls = ((d.expr, outer.call(d.expr)) for d in function.decorators)
    return any(project.name(outer, call.func if call is not None else expr) in _CACHES for expr, call in calls)


def _client_calls(project: Project, scope: Scope) -> Iterator[_Use]:
    """The calls in a scope on a client, an engine or a session factory, and the sessions made of an engine."""
    for call in scope.calls:
        exprs = list(_stems(call.func))
        # a session, or whatever is handed an engine or a factory of sessions, will use it
        exprs += [
            value for value in (*call.args, *(v for _, v in call.keywords)) if _is_database(project, scope, value)
        ]
        for expr in exprs:
            target = project.target(scope, expr)
            kind = _kind(project, target) if target is not None else None
            if target is not None and kind is not None:
                yield _Use(target, kind, scope, call)
                break


def _is_database(project: Project, scope: Scope, expr: Expr) -> bool:
    name = project.name(scope, expr) if isinstance(expr, Name | Attr) else None
    return name is not None and name.removesuffix("()") in ENGINES | SESSION_FACTORIES


def _stems(expr: Expr) -> Iterator[Expr]:
    """An expression and the objects it is taken from: `db.orders` and `db` of `db.orders`."""
    yield expr
    while isinstance(expr, Attr | Sub):
        expr = expr.base
        yield expr


def _kind(project: Project, target: Target) -> str | None:
    """What client a target is, None where it is none that keeps connections."""
    name = target.name.removesuffix("()")
    if target.made is None or name == target.name:
        return None
    scope, call = target.made
    if name in CLIENTS or name in POOLED:
        return f"`{name}`"
    if name in ENGINES:
        return "an asynchronous SQLAlchemy engine" if _keeps_connections(project, scope, call) else None
    if name in SESSION_FACTORIES:
        engine = _bound_engine(project, target)
        return (
            "sessions of an asynchronous SQLAlchemy engine" if engine is not None and _kind(project, engine) else None
        )
    return None


def _bound_engine(project: Project, target: Target) -> Target | None:
    """The engine that a session factory was given."""
    if target.made is None or target.name.removesuffix("()") not in SESSION_FACTORIES:
        return None
    scope, call = target.made
    engine = project.target(scope, call.argument(0, "bind"))
    return (
        engine if engine is not None and engine.name.removesuffix("()") in ENGINES and engine.made is not None else None
    )


def _keeps_connections(project: Project, scope: Scope, call: Call) -> bool:
    """Whether an engine keeps connections between uses, beyond doubt."""
    if call.has_spread or call.keyword("poolclass") is not None or call.keyword("creator") is not None:
        return False
    url = project.value(scope, call.argument(0, "url"))
    return not (isinstance(url, str) and url.startswith("sqlite"))


def _runs_new_loop(project: Project, scope: Scope, call: Call) -> bool:
    if project.name(scope, call.func) not in NEW_LOOP:
        return False
    if call.attr == "run_until_complete" and isinstance(call.func, Attr):
        loop = project.target(scope, call.func.base)
        return loop is not None and loop.made is not None and loop.made[0] is scope and not loop.variable
    return True


def _coroutines(
    project: Project, scope: Scope, exprs: Sequence[Expr], calls: tuple[tuple[Scope, Call], ...]
) -> list[Scope]:
    """The project's coroutine functions that a runner is given: directly, inside `wait_for(...)` or `gather(...)`, or
    as a parameter of the function around it, whose own call is the last of `calls`."""
    found: list[Scope] = []
    pending = list(exprs)
    for _ in range(20):
        if not pending:
            break
        expr = pending.pop()
        if isinstance(expr, Star):
            expr = expr.value
        if isinstance(expr, Name):
            assigned = scope.assigned(expr.id)
            if len(assigned) == 1 and assigned[0].operator == "=":
                pending.append(assigned[0].value)
                continue
            if not assigned and calls and (passed := _passed(scope, expr.id, calls[-1][1])) is not None:
                found.extend(_coroutines(project, calls[-1][0], [passed], calls[:-1]))
                continue
        inner = scope.call(expr)
        function = project.function(scope, inner.func if inner is not None else expr)
        if function is not None:
            if function.kind == "function":
                found.append(function)
        elif inner is not None:
            pending.extend([inner.func, *inner.args] if isinstance(inner.func, Name) else inner.args)
        elif isinstance(expr, Items):
            pending.extend(expr.items)
        elif isinstance(expr, Comp):
            pending.append(expr.element)
        elif isinstance(expr, ScopeRef):
            inside = scope.module.scopes[expr.index]
            for returned in inside.returns:
                if returned.value is not None:
                    found.extend(_coroutines(project, inside, [returned.value], calls))
    return found


def _passed(function: Scope, name: str, call: Call) -> Expr | None:
    """What a call passes for a parameter of a function."""
    names = [p.name for p in function.params if p.kind in ("positional-only", "positional")]
    if function.param(name) is None:
        return None
    return call.argument(names.index(name), name) if name in names else call.keyword(name)


def _closure(project: Project, function: Scope) -> list[Scope]:
    """A function, what is nested in it, and the project's functions it calls."""
    found: list[Scope] = []
    seen: set[tuple[str, int]] = set()
    queue = [(function, 0)]
    while queue:
        scope, depth = queue.pop(0)
        key = (scope.module.path, scope.index)
        if key in seen:
            continue
        seen.add(key)
        found.append(scope)
        queue.extend((child, depth) for child in scope.children if child.kind in ("function", "lambda"))
        if depth < _DEPTH:
            for call in scope.calls:
                called = project.function(scope, call.func)
                if called is not None and called.kind == "class":
                    queue.extend((m, depth + 1) for m in called.children if m.name in _ENTERED)
                elif called is not None:
                    queue.append((called, depth + 1))
    return found


def _unclosed_clients(project: Project, module: Module, task: Task, reach: Reach) -> Iterator[tuple[object, Span, str]]:
    """Clients that a run makes and leaves open."""
    scope = reach.scope
    for variable, name, place in project.of_scope(_unclosed, scope):
        span = place if scope.module is module else _near(module, reach)
        if span is not None:
            at = "" if scope.module is module else f", {project.where(scope, place)}"
            message = (
                f"`{variable}` (`{name}`{at}) is never closed: each run of `{task.function.name}` leaves "
                "its connections open until they are garbage collected"
            )
            yield span, span, message


def _unclosed(project: Project, scope: Scope) -> list[tuple[str, str, Span]]:
    """The local variables for clients that a scope leaves open, what these are, and where they are bound."""
    found: list[tuple[str, str, Span]] = []
    if scope.is_generator:
        return found
    for assign in scope.assigns:
        call = scope.call(assign.value)
        if (
            call is None
            or assign.operator != "="
            or not isinstance(assign.target, Name)
            or isinstance(assign.value, Await)
        ):
            continue
        name = project.name(scope, call.func)
        if name is None or not (name in CLIENTS or (name in ENGINES and _keeps_connections(project, scope, call))):
            continue
        variable = assign.target.id
        if len(scope.assigned(variable)) != 1 or variable in scope.globals or _leaves(project, scope, variable):
            continue
        if name in ENGINES or _is_used(scope, variable):
            found.append((variable, name, assign.span))
    return found


def _is_used(scope: Scope, variable: str) -> bool:
    """Whether a method of the variable is called, and not just dropped: unused, a client opens no connection."""
    return any(
        isinstance(call.func, Attr) and call.func.base == Name(variable) and call.use not in ("statement", "attribute")
        for inner in _nested(scope, variable)
        for call in inner.calls
    )


def _leaves(project: Project, scope: Scope, variable: str) -> bool:
    """Whether a local variable is closed, entered as a context manager, or handed to something that may close it."""
    name = Name(variable)
    for inner in _nested(scope, variable):
        if inner is not scope and inner.is_generator:
            return True
        for call in inner.calls:
            if isinstance(call.func, Attr) and call.func.base == name and call.func.attr in (*CLOSING, "__aenter__"):
                return True
            if isinstance(call.func, Attr) and call.func.base == name and call.func.attr in ("detach", "client"):
                return True
            if project.name(inner, call.func) in SESSION_FACTORIES | SESSIONS:
                continue
            if any(_holds(a, name) for a in (*call.args, *(v for _, v in call.keywords))):
                return True
        if any(b.test is not None and _holds(b.test, name) for b in inner.blocks if b.kind == "with"):
            return True
        if any(_holds(a.value, name) for a in inner.assigns):
            return True
        if any(r.value is not None and _holds(r.value, name) for r in inner.returns):
            return True
    return False


def _nested(scope: Scope, variable: str) -> Iterator[Scope]:
    """A scope and those nested in it that see the same variable."""
    yield scope
    for child in scope.children:
        if child.param(variable) is None and (not child.assigned(variable) or variable in child.globals):
            yield from _nested(child, variable)


def _holds(expr: Expr, name: Name) -> bool:
    """Whether an expression's value is, or contains, the object of that name itself."""
    match expr:
        case Name():
            return expr == name
        case Items():
            return any(_holds(i, name) for i in expr.items)
        case Dict():
            return any(_holds(v, name) for _, v in expr.items)
        case Star() | Await():
            return _holds(expr.value, name)
        case Choice():
            return _holds(expr.body, name) or _holds(expr.orelse, name)
        case Op():
            return expr.operator in ("or", "and") and any(_holds(o, name) for o in expr.operands)
        case Comp():
            return _holds(expr.element, name)
    return False


def _unawaited_calls(project: Project, module: Module, task: Task, reach: Reach) -> Iterator[tuple[object, Span, str]]:
    """Requests that are never sent, as the coroutine is dropped."""
    scope = reach.scope
    if scope.module is not module:
        return
    for call in scope.calls:
        if call.use not in ("statement", "attribute") or not isinstance(call.func, Attr):
            continue
        target = project.target(scope, call.func.base)
        if target is None or target.made is None or not target.name.endswith("()"):
            continue
        plain = CLIENTS.get(target.name.removesuffix("()"))
        if plain is None or call.func.attr in plain or call.func.attr.startswith("_"):
            continue
        if call.use == "attribute" and target.name.startswith("aiohttp."):
            continue
        message = (
            f"`{dotted(call.func) or call.func.attr}()` in the task `{task.function.name}` is not awaited: it only "
            "makes a coroutine object, nothing is sent"
        )
        yield call.span, call.span, message


# --- CEL405


@dataclass(frozen=True)
class LoopCall:
    """A call of `asyncio.get_event_loop()` in a task or a function it calls, reported at `span`."""

    task: Task
    scope: Scope
    call: Call
    span: Span


def loop_calls(project: Project, module: Module) -> Iterator[LoopCall]:
    """The calls that ask for an event loop outside coroutines, where the missing loop is not dealt with."""
    seen: set[object] = set()
    for task in project.running_tasks_of(module):
        for reach, calls in project.in_reach(_asking_for_loop, task):
            scope = reach.scope
            if _in_coroutine(reach):
                continue
            for call in calls:
                if (scope.module.path, call.span) in seen:
                    continue
                seen.add((scope.module.path, call.span))
                if _handled(project, scope, call) or _sets_loop(project, scope, reach):
                    continue
                span = call.span if scope.module is module else _near(module, reach)
                if span is not None:
                    yield LoopCall(task, scope, call, span)


def _asking_for_loop(project: Project, scope: Scope) -> list[Call]:
    return [call for call in scope.calls if project.name(scope, call.func) in _LOOPS]


@rule("CEL405")
def get_event_loop_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """`asyncio.get_event_loop()` outside coroutines, in a task or a function it calls."""
    for found in loop_calls(project, module):
        at = "" if found.scope.module is module else f" ({project.where(found.scope, found.call.span)})"
        yield Finding(
            found.span,
            f"`get_event_loop()`{at} in the task `{found.task.function.name}` raises RuntimeError in pool "
            "threads, after any `asyncio.run()` in the same process, and always on Python 3.14",
        )


def _in_coroutine(reach: Reach) -> bool:
    """Whether a scope runs with a running loop, as a coroutine function or called from one."""
    here: Scope | None = reach.scope
    while here is not None:
        if here.is_async:
            return True
        here = here.enclosing
    return any(scope.is_async for scope, _ in reach.calls)


def _handled(project: Project, scope: Scope, call: Call) -> bool:
    """Whether a `try` around the call, here or one call up, deals with the missing loop."""
    return bool(_COVERS_RUNTIME_ERROR.intersection(project.caught(scope, call.block)))


def _sets_loop(project: Project, scope: Scope, reach: Reach) -> bool:
    """Whether a loop is set on the way to the call, or when the process starts."""
    around = [scope, *(s for s, _ in reach.calls)]
    if any(project.name(s, c.func) in _SET_LOOP for s in around for c in s.calls):
        return True
    for module in project.modules:
        for other in module.scopes:
            if other.kind != "module" and not any(_connects(other, d.expr) for d in other.decorators):
                continue
            if any(c.attr == "set_event_loop" and project.name(other, c.func) in _SET_LOOP for c in other.calls):
                return True
    return False


def _connects(function: Scope, decorator: Expr) -> bool:
    outer = function.enclosing
    call = outer.call(decorator) if outer is not None else None
    return (dotted(call.func if call is not None else decorator) or "").endswith(".connect")


# --- CEL917


@rule("CEL917")
def event_loop_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """Any event loop that a task starts."""
    seen: set[Span] = set()
    for task in project.tasks_of(module):
        for span, what in _loops_started(project, module, task):
            if span not in seen:
                seen.add(span)
                yield Finding(span, f"`{task.function.name}` runs an event loop with {what}: tasks are synchronous")


def _loops_started(project: Project, module: Module, task: Task) -> Iterator[tuple[Span, str]]:
    """Where this module starts event loops for a task, and by what."""
    for reach in project.reach(task):
        scope = reach.scope
        for at, what in (*_looping_decorators(project, reach), *_looping_calls(project, reach)):
            span = at if scope.module is module else _near(module, reach)
            if span is not None:
                yield span, f"`{what}`" if scope.module is module else f"`{what}` ({project.where(scope, at)})"


def _looping_decorators(project: Project, reach: Reach) -> Iterator[tuple[Span, str]]:
    outer = reach.scope.enclosing
    if outer is None or any(scope.is_async for scope, _ in reach.calls):
        return
    for decorator in reach.scope.decorators:
        if project.name(outer, decorator.expr) in NEW_LOOP:
            yield decorator.span, dotted(decorator.expr) or "async_to_sync"


def _looping_calls(project: Project, reach: Reach) -> Iterator[tuple[Span, str]]:
    if _in_coroutine(reach):
        return
    for call in reach.scope.calls:
        run = call.attr == "run_until_complete" and isinstance(call.func, Attr)
        if run or project.name(reach.scope, call.func) in NEW_LOOP:
            yield call.span, dotted(call.func) or call.attr or "asyncio.run"


def _near(module: Module, reach: Reach) -> Span | None:
    """The last call in this module on the way to what happens elsewhere."""
    return next((c.span for s, c in reversed(reach.calls) if s.module is module), None)

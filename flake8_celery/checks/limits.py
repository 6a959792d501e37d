"""Time limits: none at all, in the wrong order, without effect, or swallowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cures import setting
from ..discovered import targets
from ..intent import is_extra
from ..knowledge.limits import IGNORE_HARD, IGNORE_SOFT, LIMITS, QUICK, QUICK_METHODS, SOFT_LIMIT, TIMERS
from ..model import App, Attr, Block, Call, Const, Expr, Finding, Handler, Module, Name, Op, Scope, Task, Value, dotted
from ..outlines import calls_at
from ..per_project import per_project
from ..rule import DeploymentFinding, deployment_rule, rule
from ..traits import limiting
from .places import Places, name, names, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_HARD, _SOFT = LIMITS
SECONDS = (1800, 1500)
"""The hard and the soft limit to begin with, where nothing is known about the tasks."""
_DEEP = 2
"""How many calls deep a task is followed to see whether it waits for anything."""
_ENDING = ("timeout", "timelimit", "deadline")
_BROAD = frozenset({"builtins.Exception", "builtins.BaseException", "Exception", "BaseException"})


def effective(value: Value) -> bool:
    """Whether the value is a limit: Celery takes 0 for none."""
    return value.is_set and value.value is not None and value.value != 0


def pools(project: Project, task: Task) -> set[str]:
    """The pools of the workers that run the task, empty where they are not known.

    Of several apps, those that name no pool and no concurrency while others do are run by no worker: they send tasks or
    are beat's.
    """
    known = project.pools(task)
    if known is not None:
        return known
    given = {command.option("--pool") for command in project.deployment.commands if command.program == "worker"}
    found = {pool for pool in given if pool is not None}
    for app in project.apps_of(task):
        pool = project.setting(app, "worker_pool")
        if pool.is_set and isinstance(pool.value, str):
            found.add(pool.value)
        elif not (pool.is_unset and project.setting(app, "worker_concurrency").is_unset):
            return set()
    return found


def ignored(limit: str, running: set[str]) -> bool:
    """Whether every pool that may run the task is known to ignore the limit."""
    return bool(running) and running <= (IGNORE_HARD if limit == _HARD else IGNORE_SOFT)


# --- CEL401


@per_project
def _limited_by_calls(project: Project) -> set[str]:
    """The names of tasks for which some call gives a limit."""
    found: set[str] = set()
    for module in project.modules:
        for scope, call in calls_at(module, project.index.derived(limiting, module)):
            sent = project.dispatch(scope, call)
            inner = scope.call(getattr(call.func, "base", None))
            if sent is None and call.attr == "set" and inner is not None:
                sent = project.dispatch(scope, inner)
            if sent is not None and sent.name is not None:
                found.add(sent.name)
    return found


@per_project
def unlimited(project: Project) -> list[tuple[App, list[Task], int]]:
    """The apps with tasks that nothing limits: the app, those tasks, and how many tasks it has in all."""
    by_calls = _limited_by_calls(project)
    found: dict[int, tuple[App, list[Task], int]] = {}
    for task, (app, may_run_for_ever) in project.of_tasks(_in_need):
        if not project.may_be_registered(task):
            continue
        _, tasks, count = found.get(id(app), (app, [], 0))
        if may_run_for_ever and task.name not in by_calls:
            tasks.append(task)
        found[id(app)] = (app, tasks, count + 1)
    return [entry for entry in found.values() if entry[1]]


def _in_need(project: Project, task: Task) -> tuple[App, bool] | None:
    """The app of a task that needs a limit, and whether nothing but a call may give one."""
    app = next((app for app in project.apps_of(task) if _is_kept(app)), None)
    if app is None or not _has_worker(project, app) or not project.of_task(_can_hang, task):
        return None
    if (
        _may_be_sent_with_limit(project, task)
        or ignored(_HARD, pools(project, task))
        or _is_timed(project, task)
        # a task of one app is registered with the project's other apps too
        or any(not project.setting(a, f"task_{limit}").is_unset for a in project.apps for limit in LIMITS)
    ):
        return app, False
    return app, all(project.option(task, limit).is_unset for limit in LIMITS)


def _is_timed(project: Project, task: Task) -> bool:
    """Whether a decorator between Celery and the function ends it after a time."""
    if task.decorator is not None:
        for decorator in task.function.decorators[task.function.decorators.index(task.decorator) + 1 :]:
            outer = task.function.enclosing
            call = outer.call(decorator.expr) if outer is not None else None
            named = (dotted(call.func if call is not None else decorator.expr) or "").rpartition(".")[2].lower()
            if any(word in named.replace("_", "") for word in _ENDING):
                return True
    return any(project.name(scope, call.func) in TIMERS for scope in task.wrappers for call in scope.calls)


def _may_be_sent_with_limit(project: Project, task: Task) -> bool:
    """Whether the project's task class sends its tasks in a way of its own, which may add a limit."""
    cls, _ = project.base_class(task)
    above = [a.scope for a in project.names.ancestors(cls) if a is not None] if cls is not None else []
    return any(child.name == "apply_async" for scope in (cls, *above) if scope is not None for child in scope.children)


def _is_kept(app: App) -> bool:
    """Whether the app is more than a local variable of a function that only wants to reach the broker."""
    if app.name or app.factory is None:
        return bool(app.name)
    scope = app.scope
    named = {a.target for a in scope.assigns if scope.call(a.value) is app.call}
    return any(r.value in named or scope.call(r.value) is app.call for r in scope.returns)


def _has_worker(project: Project, app: App) -> bool:
    """Whether the app's workers are the project's business: those of an extra app only where a command starts one."""
    if not is_extra(project, app):
        return True
    commands = (c for c in project.deployment.commands if c.program == "worker" and c.app)
    return any(app.module.path in targets(project, command.app or "") for command in commands)


def _can_hang(project: Project, task: Task) -> bool:
    """Whether the task calls anything that may wait; a health check that returns a constant needs no limit."""
    return any(
        project.of_scope(_may_wait if len(reached.calls) == _DEEP else _may_wait_itself, reached.scope)
        for reached in project.reach(task, _DEEP)
    )


def _may_wait(project: Project, scope: Scope) -> bool:
    return any(_slow(project, scope, call) for call in scope.calls)


def _may_wait_itself(project: Project, scope: Scope) -> bool:
    """Whether a scope may wait, other than in what it calls of the project's."""
    return any(_slow(project, scope, call) for call in scope.calls if not _is_followed(project, scope, call))


def _is_followed(project: Project, scope: Scope, call: Call) -> bool:
    """Whether a call runs a function of the project, whose own calls tell whether it may wait."""
    function = project.function(scope, call.func)
    return function is not None and function.kind == "function" and project.task_of(function) is None


@rule("CEL401")
def missing_time_limit(module: Module, project: Project) -> Iterator[Finding]:
    """Apps with tasks that neither a setting nor anything else limits: one finding for each app."""
    for app, tasks, count in unlimited(project):
        if app.module is not module:
            continue
        if count == 1:
            who = f"{name(tasks[0])} has no time limit"
        elif len(tasks) == count:
            who = f"none of the {count} tasks has a time limit"
        else:
            who = f"{len(tasks)} of the {count} tasks have no time limit ({names(tasks)})"
            if len(tasks) == 1:
                who = f"one of the {count} tasks has no time limit ({names(tasks)})"
        hard, soft = (
            setting(project, app, f"task_{limit}", str(seconds)) for limit, seconds in zip(LIMITS, SECONDS, strict=True)
        )
        yield Finding(
            app.call.span,
            f"{who}: a call that hangs holds its worker slot for ever; the setting `task_time_limit` limits every task",
            remedy=f"Write {hard}, well above the longest run you expect, and {soft.partition(' in ')[0]} below it."
            if hard
            else "",
        )


# --- CEL403


@rule("CEL403")
def soft_limit_not_below_hard(module: Module, project: Project) -> Iterator[Finding]:
    """Soft limits that do not come before the hard one: on tasks, in settings and in calls."""
    for task in project.tasks_of(module):
        if _same(project, task):
            yield Finding(task.span, f"{name(task)}: soft and hard time limit are the same: {_NO_TIME}")
    for place in _inverted(project).of(module):
        task = place.tasks[0]
        soft, hard = (project.option(task, limit).number or 0 for limit in (_SOFT, _HARD))
        yield Finding(
            place.span,
            f"{name(task) if place.own else names(place.tasks)}: {_order(soft, hard, call=_is_sent(project))}",
        )
    for scope in module.scopes:
        for call in scope.calls:
            yield from _inverted_in_call(project, scope, call)


_NO_TIME = "the process is killed as soon as the soft limit is raised, without time to clean up"


def _same(project: Project, task: Task) -> bool:
    """Whether the declaration gives both limits the same expression, whose value is not known."""
    outer = task.function.enclosing
    call = outer.call(task.decorator.expr) if outer is not None and task.decorator is not None else None
    if call is None or project.option(task, _SOFT).number is not None:
        return False
    soft = call.keyword(_SOFT)
    return soft is not None and soft == call.keyword(_HARD) and _is_plain(soft)


def _is_plain(expr: Expr) -> bool:
    """Whether an expression is the same each time: names, numbers and what is computed of them."""
    if isinstance(expr, Op):
        return all(_is_plain(operand) for operand in expr.operands)
    return isinstance(expr, Name | Attr | Const)


def _order(soft: float, hard: float, *, call: bool) -> str:
    limits = f"soft time limit {number(soft)} s, hard time limit {number(hard)} s"
    if soft == hard:
        return f"{limits}: {_NO_TIME}"
    if call:
        return f"{limits}: the task is killed only after {number(soft)} s, without time to clean up"
    return f"{limits}: every call raises ValueError (Celery 5.5 and later)"


def _is_sent(project: Project) -> bool:
    """Whether the project's Celery is known to be one that does not look at the order when a task is sent."""
    version = project.celery_version()
    return version is not None and version.pinned and version.is_before(5, 5)


@per_project
def _inverted(project: Project) -> Places:
    places = Places(project)
    for task, soft in project.of_tasks(_soft_limit_too_late):
        places.add(task, soft)
    return places


def _soft_limit_too_late(project: Project, task: Task) -> Value | None:
    values = {limit: project.option(task, limit) for limit in LIMITS}
    soft, hard = values[_SOFT].number, values[_HARD].number
    return values[_SOFT] if soft and hard and soft >= hard else None


def _inverted_in_call(project: Project, scope: Scope, call: Call) -> Iterator[Finding]:
    if not any(key in LIMITS for key, _ in call.keywords):
        return
    sent = project.dispatch(scope, call)
    if sent is None:
        return
    limits: dict[str, float | None] = {}
    for limit in LIMITS:
        if limit in sent.options:
            value = project.value(scope, sent.options[limit])
            limits[limit] = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        else:
            limits[limit] = project.option(sent.task, limit).number if sent.task is not None else None
    soft, hard = limits[_SOFT], limits[_HARD]
    if soft and hard and soft >= hard:
        who = f"`{sent.task.function.name}`" if sent.task is not None else f"`{sent.name}`"
        yield Finding(call.span, f"{who}: {_order(soft, hard, call=True)}")


# --- CEL410


@per_project
def _without_effect(project: Project) -> tuple[Places, dict[tuple[str, int], set[str]]]:
    places = Places(project)
    kinds: dict[tuple[str, int], set[str]] = {}
    for task, values in project.of_tasks(_ignored_limits):
        for limit, value in values if project.may_be_registered(task) else ():
            place = places.add(task, value)
            if place is not None:
                kinds.setdefault((place.path, place.span.line), set()).add(limit)
    return places, kinds


def _ignored_limits(project: Project, task: Task) -> list[tuple[str, Value]]:
    running = pools(project, task)
    given = [(limit, project.option(task, limit)) for limit in LIMITS if ignored(limit, running)]
    return [(limit, value) for limit, value in given if effective(value)]


@rule("CEL410")
def time_limit_ignored_by_pool(module: Module, project: Project) -> Iterator[Finding]:
    """Limits of tasks that only workers with another pool than prefork run."""
    places, kinds = _without_effect(project)
    for place in places.of(module):
        limits = kinds[(place.path, place.span.line)]
        pool = pools(project, place.tasks[0])
        running = " and ".join(sorted(pool))
        which = " and ".join(f"`{limit}`" for limit in LIMITS if limit in limits)
        who = name(place.tasks[0]) if place.own else names(place.tasks)
        have, it = ("have", "them") if len(limits) > 1 else ("has", "it")
        their = "its" if len({id(task) for task in place.tasks}) == 1 else "their"
        yield Finding(
            place.span,
            f"{which} of {who} {have} no effect: {their} workers run the {running} pool, which ignores {it}",
            cure=_prefork(project, place.tasks, pool),
        )


def _prefork(project: Project, tasks: list[Task], running: set[str]) -> str:
    """Where the pool is chosen, as far as all these tasks have the same workers."""
    chosen = {tuple(project.pool_choices(task)) for task in tasks}
    places = chosen.pop() if len(chosen) == 1 else ()
    if not places:
        return ""
    more = f" and {len(places) - 1} more" if places[1:] else ""
    return f"run their workers with the prefork pool instead of {' and '.join(sorted(running))} ({places[0]}{more})"


@deployment_rule("CEL410")
def limit_of_a_worker_ignored(project: Project) -> Iterator[DeploymentFinding]:
    """Worker commands that give a limit to a pool that ignores it."""
    for command in project.deployment.commands:
        pool = command.option("--pool")
        if command.program != "worker" or pool is None:
            continue
        for option, limit in (("--time-limit", _HARD), ("--soft-time-limit", _SOFT)):
            if command.option(option) is not None and ignored(limit, {pool}):
                yield DeploymentFinding(command, f"`{option}` has no effect: the {pool} pool ignores it")


# --- CEL412


@rule("CEL412")
def soft_limit_swallowed(module: Module, project: Project) -> Iterator[Finding]:
    """Broad handlers in loops of tasks with a soft limit, after which the loop goes on."""
    for task in project.running_tasks_of(module):
        scope = task.function
        if scope.module is not module or not any(block.handlers or block.kind == "with" for block in scope.blocks):
            continue
        limit = project.option(task, _SOFT)
        if not effective(limit) or ignored(_SOFT, pools(project, task)):
            continue
        for handler in swallowing(project, scope):
            message = f"`{scope.name}` swallows `SoftTimeLimitExceeded`: it is raised only once, and the loop goes on"
            yield Finding(handler.span, message)
        for block in suppressing(project, scope):
            written = dotted(call.func) if (call := scope.call(block.test)) is not None else None
            yield Finding(
                block.span,
                f"`{written}` swallows `SoftTimeLimitExceeded` of `{scope.name}`: it is raised only once, and the loop"
                " goes on",
            )


def suppressing(project: Project, scope: Scope) -> Iterator[Block]:
    """The `with` statements in loops of a function whose context manager takes a soft limit for the failure of one
    item."""
    for index, block in enumerate(scope.blocks):
        if block.kind != "with" or not _BROAD.intersection(project.suppressing.types(scope, block.test)):
            continue
        if any(around.kind == "finally" for _, around in scope.around(index)):
            continue
        if _is_most_of_loop(project, scope, index):
            yield block


def swallowing(project: Project, scope: Scope) -> Iterator[Handler]:
    """The handlers in loops of a function that take a soft limit for the failure of one item."""
    for index, block in enumerate(scope.blocks):
        handler = _swallowing(project, scope, block)
        # an attempt at cleaning up, repeated a few times at the end of the task
        if handler is not None and any(around.kind == "finally" for _, around in scope.around(index)):
            continue
        if handler is not None and _is_most_of_loop(project, scope, index):
            yield handler


def _swallowing(project: Project, scope: Scope, block: Block) -> Handler | None:
    """The handler of a `try` that catches the soft limit and goes on."""
    if block.kind != "try":
        return None
    for handler in block.handlers:
        types = [project.name(scope, expr) for expr in handler.types]
        if not any(t in _BROAD for t in types) and handler.types:
            if any(t is None or t in SOFT_LIMIT for t in types):
                return None
            continue
        return None if _leaves(project, scope, handler) else handler
    return None


def _leaves(project: Project, scope: Scope, handler: Handler) -> bool:
    """Whether the handler may leave the task or the loop, or looks at the exception's type."""
    here = handler.block
    if any(scope.inside(r.block, here) for r in scope.raises) or any(
        scope.inside(r.block, here) for r in scope.returns
    ):
        return True
    if any(f.kind == "break" and scope.inside(f.block, here) for f in scope.flows):
        return True
    for call in scope.calls:
        if not scope.inside(call.block, here):
            continue
        if call.attr in ("retry", "isinstance", "exit", "_exit", "abort"):
            return True
        function = project.function(scope, call.func)
        if function is not None and any(r.block < 0 for r in function.raises):
            return True
    return False


def _is_most_of_loop(project: Project, scope: Scope, block: int) -> bool:
    """Whether a `try` holds at least half of the calls in its loop that can take long: the limit will strike there."""
    loop = next((i for i, around in scope.around(scope.blocks[block].parent) if around.kind in ("for", "while")), None)
    if loop is None:
        return False
    slow = [call.block for call in scope.calls if scope.inside(call.block, loop) and _slow(project, scope, call)]
    tried = sum(scope.inside(b, block) for b in slow)
    return 0 < len(slow) <= 2 * tried


def _slow(project: Project, scope: Scope, call: Call) -> bool:
    if call.use == "decorator" or call.attr in QUICK_METHODS:
        return False
    called = project.name(scope, call.func)
    if called is None:
        return not (call.attr == "get" and isinstance(call.func, Attr) and isinstance(call.func.base, Name))
    return not called.startswith(QUICK) and called.removeprefix("builtins.") == called

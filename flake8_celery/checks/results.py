"""Waiting for the results of tasks: in tasks, and without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_celery.model import Attr, Call, Expr, Finding, Module, Name, Scope, Span, Task
from flake8_celery.reads import parts, reads
from flake8_celery.rule import rule

from ..per_project import per_project
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery.project import Project, Reach
    from flake8_celery.sends import Result

_WAITING = frozenset({"get", "wait", "join", "join_native", "collect"})
_STATES = frozenset({"ready", "successful", "failed", "state", "status"})
_GREEN = frozenset({"gevent", "eventlet"})
"""Pools in which waiting for another task is allowed."""
_ASKING = frozenset({"current_task", "task_join_will_block", "current_worker_task"})
_ALLOWING = frozenset({"celery.result.allow_join_result", "celery.app.task.allow_join_result"})


def _of(result: Result) -> str:
    return f"the result of {result.sent.what}" if result.sent is not None else "another task's result"


def _waits(project: Project, scope: Scope, call: Call) -> Result | None:
    """The result that a call waits for, None where it is no such call."""
    if call.attr not in _WAITING or not isinstance(call.func, Attr):
        return None
    result = project.result(scope, call.func.base)
    if result is None or result.sent is None:
        return result
    # `get()` of a result that is not kept returns None at once
    sent = result.sent
    if sent.dispatch is not None and "ignore_result" in sent.dispatch.options:
        return None
    ignored = project.option(sent.task, "ignore_result").truth(default=False) if sent.task is not None else False
    return None if ignored else result


# --- CEL501


@rule("CEL501")
def get_inside_task(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks, and functions that they call, that wait for other tasks."""
    if any(project.of_scope(_may_wait_in, scope) for scope in module.scopes):
        yield from _found_in_tasks(project).get(module.path, ())


@per_project
def _found_in_tasks(project: Project) -> dict[str, list[Finding]]:
    found: dict[tuple[str, Span], Finding] = {}
    for task, places in project.of_tasks(_waiting):
        for path, span, message in places if project.may_be_registered(task) else ():
            found.setdefault((path, span), Finding(span, message))
    of: dict[str, list[Finding]] = {}
    for (path, _), finding in found.items():
        of.setdefault(path, []).append(finding)
    return of


def _waiting(project: Project, task: Task) -> list[tuple[str, Span, str]]:
    """Where the task waits for others, with what there is to say about it."""
    pools = project.pools(task)
    if pools is not None and pools <= _GREEN:
        return []
    return [
        (reach.scope.module.path, span, message)
        for reach, _ in project.in_reach(_may_wait_in, task)
        for span, message in (*_gets(project, task, reach), *_polls(project, task, reach))
    ]


def _may_wait_in(_project: Project, scope: Scope) -> bool:
    return any(call.attr in _WAITING for call in scope.calls) or any(block.kind == "while" for block in scope.blocks)


def _gets(project: Project, task: Task, reach: Reach) -> Iterator[tuple[Span, str]]:
    scope = reach.scope
    for call in scope.calls:
        result = _waits(project, scope, call)
        if result is None or _is_excused(reach, call.block):
            continue
        if _is_forced(project, scope, call):
            if result.eager:
                continue
            what = f"waits for {_of(result)}: when every worker slot does, none is left to run what they wait for"
        else:
            of = "a result of `apply()`" if result.eager else _of(result)
            what = f"waits for {of}, which raises RuntimeError: never call `{call.attr}()` within a task"
        yield call.span, f"{name(task)} {_by(reach)}{what}"


def _by(reach: Reach) -> str:
    return f"(by way of `{reach.scope.qualname}`) " if reach.calls else ""


def _is_forced(project: Project, scope: Scope, call: Call) -> bool:
    """Whether a call is let wait in a task."""
    if any(key == "disable_sync_subtasks" for key, _ in call.keywords):
        return True
    for _, block in scope.around(call.block):
        manager = scope.call(block.test) if block.kind == "with" else None
        if manager is not None and project.name(scope, manager.func) in _ALLOWING:
            return True
    return False


def _is_excused(reach: Reach, block: int) -> bool:
    """Whether a function that a task calls waits under a condition that may be false in the task."""
    if not reach.calls:
        return False
    scope = reach.scope
    given = {param.name for param in scope.params}
    if any(_words(expr) & _ASKING for expr, _ in reads(scope)):
        return True
    return any(_words(around.test) & given for _, around in scope.around(block) if around.kind in ("if", "else"))


def _words(expr: Expr | None) -> set[str]:
    """The plain names, and the last words of attributes, that a condition is made of."""
    made = list(parts(expr)) if expr is not None else []
    return {e.id for e in made if isinstance(e, Name)} | {e.attr for e in made if isinstance(e, Attr)}


def _polls(project: Project, task: Task, reach: Reach) -> Iterator[tuple[Span, str]]:
    """`while` loops that ask again and again whether another task is done."""
    scope = reach.scope
    for index, loop in enumerate(scope.blocks):
        if loop.kind != "while" or _is_excused(reach, loop.parent):
            continue
        result = next((r for r in _asked(project, scope, index) if r is not None and not r.eager), None)
        if result is not None:
            what = f"polls {_of(result)}: when every worker slot does, none is left to run what they wait for"
            yield loop.span, f"{name(task)} {_by(reach)}{what}"


def _asked(project: Project, scope: Scope, loop: int) -> Iterator[Result | None]:
    """What a loop asks the state of."""
    for call in scope.calls:
        if call.attr in _STATES and isinstance(call.func, Attr) and scope.inside(call.block, loop):
            yield project.result(scope, call.func.base)
    for index, block in enumerate(scope.blocks):
        if block.kind in ("while", "if") and scope.inside(index, loop):
            for expr in parts(block.test) if block.test is not None else ():
                if isinstance(expr, Attr) and expr.attr in _STATES:
                    yield project.result(scope, expr.base)


# --- CEL502


@per_project
def _in_tasks(project: Project) -> set[tuple[str, int]]:
    """The scopes that run in tasks."""
    return {(r.scope.module.path, r.scope.index) for task in project.tasks for r in project.reach(task)}


@rule("CEL502")
def get_without_timeout(module: Module, project: Project) -> Iterator[Finding]:
    """Results that are waited for without end, outside of tasks."""
    if _is_script(module):
        return
    for scope in module.scopes:
        if scope.kind in ("module", "class"):
            continue
        for call in scope.calls:
            if call.attr == "collect" or call.args or call.has_spread or call.keyword("timeout") is not None:
                continue
            result = _waits(project, scope, call)
            if result is None or result.eager or (module.path, scope.index) in _in_tasks(project):
                continue
            if isinstance(call.func, Attr) and _is_known(scope, call.func.base):
                continue
            if any("eager" in word.lower() for _, b in scope.around(call.block) for word in _words(b.test)):
                continue
            yield Finding(
                call.span,
                f"`{call.attr}()` waits for {_of(result)} without a timeout: for ever where no worker answers, or the "
                "message is lost",
            )


def _is_script(module: Module) -> bool:
    """Whether a module is run by hand, where somebody sees that it waits."""
    folders = module.path.split("/")
    return "commands" in folders[:-1] or "scripts" in folders[:-1] or folders[-1] in ("manage.py", "__main__.py")


def _is_known(scope: Scope, result: Expr) -> bool:
    """Whether the function asks whether the result is there."""
    return any(isinstance(e, Attr) and e.attr in _STATES and e.base == result for e, _ in reads(scope))

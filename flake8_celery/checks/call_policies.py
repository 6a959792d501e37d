"""Policies about how tasks are called: not one by one in a loop, and not like a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_celery.branches import apart
from flake8_celery.model import Attr, Block, Call, Const, Expr, Finding, Items, Module, Name, Scope, Task, dotted
from flake8_celery.reads import parts, reads
from flake8_celery.rule import rule

from ..per_project import per_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery.dispatch import Dispatch
    from flake8_celery.project import Project

_SENDING = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit"})
_OF_TASKS = _SENDING | {"s", "si", "signature", "subtask", "apply", "map", "starmap", "chunks", "name", "run"}
_FEW = 10
_PORTIONS = ("batch", "chunk", "page", "portion", "slice")
"""Words of loops over portions: a task for each portion is what is asked for."""


# --- CEL907


@rule("CEL907")
def delay_in_loop(module: Module, project: Project) -> Iterator[Finding]:
    """The same task sent in each turn of a loop over something that may be long."""
    for scope in module.scopes:
        for call in scope.calls:
            if call.attr not in _SENDING:
                continue
            loop = next((b for _, b in scope.around(call.block) if b.kind in ("for", "comprehension")), None)
            if loop is None or _is_short(project, scope, loop) or _leaves(scope, call):
                continue
            sent = project.dispatch(scope, call)
            if sent is not None and sent.task is not None and not _is_spread(sent):
                yield Finding(
                    call.span,
                    f"`{sent.task.function.name}` is sent in each turn of a loop: a message and a round trip to the "
                    "broker for every item",
                )


def _is_spread(sent: Dispatch) -> bool:
    """Whether each message is sent for another time, which a single one could not be."""
    return any(not isinstance(sent.options.get(key, Const(0)), Const) for key in ("countdown", "eta"))


def _is_short(project: Project, scope: Scope, loop: Block) -> bool:
    """Whether a loop has few turns, or runs over portions of something long."""
    source = loop.test
    if source is None or isinstance(source, Items):
        return True
    words = {e.id.lower() for e in parts(source) if isinstance(e, Name)}
    words |= {e.attr.lower() for e in parts(source) if isinstance(e, Attr)}
    call = scope.call(source)
    if call is not None:
        words |= {(call.attr or "").lower()}
        for argument in call.args:
            words |= {e.id.lower() for e in parts(argument) if isinstance(e, Name)}
        if call.attr == "range":
            return len(call.args) == 3 or _is_small(project.value(scope, call.args[-1] if call.args else None))
        if call.attr in ("items", "keys", "values", "enumerate", "sorted", "reversed", "zip"):
            inner: Expr | None = call.args[0] if call.args else call.func.base if isinstance(call.func, Attr) else None
            if _is_literal(project, scope, inner):
                return True
    if any(word in name for name in words for word in _PORTIONS):
        return True
    return _is_literal(project, scope, source)


def _is_small(value: object) -> bool:
    return isinstance(value, int) and value <= _FEW


def _is_literal(project: Project, scope: Scope, expr: Expr | None) -> bool:
    """Whether an expression is a short literal, also by a constant's name."""
    value = project.value(scope, expr)
    return isinstance(value, list | tuple | set | dict | str) and len(value) <= _FEW


def _leaves(scope: Scope, call: Call) -> bool:
    """Whether the loop is left after the call."""
    ends = [f.block for f in scope.flows if f.kind == "break" and f.span.line > call.span.line]
    ends += [r.block for r in scope.returns if r.span.line >= call.span.line]
    return any(scope.inside(call.block, block) and _in_loop(scope, block) for block in ends)


def _in_loop(scope: Scope, block: int) -> bool:
    return any(b.kind in ("for", "while") for _, b in scope.around(block))


# --- CEL908


@rule("CEL908")
def task_called_synchronously(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks that are called like functions: outside of tasks, or in a task among others that are sent."""
    words = _task_names(project)
    words = words | {i.name for scope in module.scopes for i in scope.imports if i.target.rpartition(".")[2] in words}
    if _is_script(module):
        return
    for scope in module.scopes:
        for call in scope.calls:
            if call.attr not in words or call.use == "decorator":
                continue
            if (module.path, scope.index) in _in_tasks(project) and not _among_sent(project, scope, call):
                continue
            task = project.task(scope, call.func)
            if (
                task is None
                or task.cls is not None
                or _is_guarded(scope, call)
                or _is_choice(project, scope, call, task)
            ):
                continue
            yield Finding(
                call.span,
                f"`{task.function.name}` is called like a function: it runs here and now, without queue, retry and "
                "time limit",
            )


@per_project
def _task_names(project: Project) -> frozenset[str]:
    return frozenset(task.function.name for task in project.tasks if task.cls is None)


@per_project
def _in_tasks(project: Project) -> frozenset[tuple[str, int]]:
    """The scopes that run in tasks."""
    return frozenset((r.scope.module.path, r.scope.index) for task in project.tasks for r in project.reach(task))


def _among_sent(project: Project, scope: Scope, call: Call) -> bool:
    """Whether the call stands for itself in the body of a task that sends others, while nothing ever sends what it
    calls: it need not be a task to be called."""
    caller, called = project.task_of(scope), project.task(scope, call.func)
    if caller is None or called is None or called is caller or call.use != "statement" or not called.function.params:
        return False
    if called.name in project.periodic or called.function.name in _used(project):
        return False
    return any(other.attr in _SENDING and project.dispatch(scope, other) is not None for other in scope.calls)


@per_project
def _used(project: Project) -> frozenset[str]:
    """The names of functions that are used otherwise than to be called: `ship.delay`, `[ship]`, `"shop.tasks.ship"`."""
    found = set()
    for module in project.modules:
        for scope in module.scopes:
            called = {call.func for call in scope.calls}
            for expr, _ in reads(scope):
                if isinstance(expr, Const) and isinstance(expr.value, str):
                    found.add(expr.value.rpartition(".")[2])
                elif isinstance(expr, Attr) and expr.attr in _OF_TASKS:
                    found.add((dotted(expr.base) or "").rpartition(".")[2])
                elif isinstance(expr, Name | Attr) and expr not in called:
                    found.add((dotted(expr) or "").rpartition(".")[2])
    return frozenset(found)


def _is_script(module: Module) -> bool:
    *folders, name = module.path.split("/")
    if any("migrations" in folder for folder in folders):
        return True
    return bool({"commands", "scripts", "bin"} & set(folders)) or name in ("manage.py", "__main__.py")


def _is_choice(project: Project, scope: Scope, call: Call, task: Task) -> bool:
    """Whether the function sends the task instead, under another condition."""
    for inner, other, block in _with_nested(scope):
        if other.attr in _SENDING and (apart(scope, block, call.block) or apart(scope, call.block, block)):
            sent = project.dispatch(inner, other)
            if sent is not None and sent.task is task:
                return True
    return False


def _with_nested(scope: Scope, at: int | None = None) -> Iterator[tuple[Scope, Call, int]]:
    """The calls of a scope and of those nested in it, with the outermost scope's block that they stand in."""
    for call in scope.calls:
        yield scope, call, call.block if at is None else at
    for child in scope.children:
        yield from _with_nested(child, child.block if at is None else at)


def _is_guarded(scope: Scope, call: Call) -> bool:
    """Whether the call stands under `if __name__ == "__main__"`, or where tasks run in place."""
    for _, block in scope.around(call.block):
        if block.test is None:
            continue
        for part in parts(block.test):
            last = part.id if isinstance(part, Name) else part.attr if isinstance(part, Attr) else ""
            if last == "__name__" or "eager" in last.lower() or part == Const("__main__"):
                return True
    return False

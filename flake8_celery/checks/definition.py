"""Tasks whose body does not run, and tasks that print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_celery.knowledge.async_clients import POOLS
from flake8_celery.model import Attr, Block, Call, Expr, Finding, Module, Name, Op, Scope, Span, Task, dotted
from flake8_celery.rule import rule
from flake8_celery.traits import sets_level

from ..per_project import per_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery.project import Project

_PRINTING = frozenset(
    {
        "builtins.print",
        "pprint.pprint",
        "pprint.pp",
        "sys.stdout.write",
        "sys.stdout.writelines",
        "sys.stderr.write",
        "sys.stderr.writelines",
    }
)
_STREAMS = frozenset({"sys.stdout", "sys.stderr"})
_CAPTURING = frozenset({"contextlib.redirect_stdout", "contextlib.redirect_stderr"})
_OWN_POOLS = frozenset({"prefork", "processes", "threads", "solo", "gevent", "eventlet"})


@rule("CEL201")
def async_task(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks that are coroutine functions or generators, which Celery calls without running them."""
    tasks = [t for t in project.tasks_of(module) if t.function.is_async or t.function.is_generator]
    if not tasks or _has_async_pool(project):
        return
    for task in tasks:
        if _is_wrapped(task, project):
            continue
        function = task.function
        if function.is_async and function.is_generator:
            what, reason = "an asynchronous generator", "iterates over"
        elif function.is_async:
            what, reason = "a coroutine function", "awaits"
        else:
            what, reason = "a generator", "iterates over"
        ignored = project.option(task, "ignore_result").truth(default=False)
        outcome = "it is logged as succeeded" if ignored else "its result cannot be stored"
        yield Finding(
            function.span,
            f"`{function.name}` is {what}, which Celery never {reason}: its body does not run, and {outcome}",
        )


def _is_wrapped(task: Task, project: Project) -> bool:
    """Whether something between Celery and the body may run the coroutine or generator."""
    function = task.function
    if any(_replaces(wrapper) for wrapper in task.wrappers) or not (task.app_known or task.complete):
        return True
    if task.decorator is not None:
        if function.decorators[-1] is not task.decorator:
            return True
        outer = function.enclosing
        call = outer.call(task.decorator.expr) if outer is not None else None
        made_by = call.func if call is not None else task.decorator.expr
        if outer is not None and project.name(outer, made_by) in project.config.task_decorators:
            return True
    cls, known = project.base_class(task)
    if cls is None:
        return not known
    ancestors = list(project.names.ancestors(cls))
    classes = [cls, *(a.scope for a in ancestors if a is not None and a.scope is not None)]
    return None in ancestors or any(child.name == "__call__" for c in classes for child in c.children)


def _replaces(wrapper: Scope) -> bool:
    """Whether a function is put in place of the decorated one, rather than only handing it on."""
    outer = wrapper.enclosing
    nested = outer is not None and outer.kind == "function"
    return nested and any(p.kind == "var-positional" for p in wrapper.params)


def _has_async_pool(project: Project) -> bool:
    """Whether workers use a pool that awaits tasks."""
    pools = project.pools(None)
    if pools is not None and not pools <= _OWN_POOLS:
        return True
    for command in project.deployment.commands:
        if command.program in ("worker", "") and command.option("--pool") not in (None, "", *_OWN_POOLS):
            return True
        if any(key == "CELERY_CUSTOM_WORKER_POOL" for key, _ in command.environment):
            return True
    return any(
        imported.loads.split(".")[0] in POOLS
        for module in project.modules
        for scope in module.scopes
        for imported in scope.imports
    )


@rule("CEL208")
def print_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """Output of tasks, and of functions beside them that only tasks call, that bypasses the task logger."""
    found: dict[Span, str] = {}
    for task in project.running_tasks_of(module):
        if task.function.name.startswith("debug"):
            continue
        for reach in project.reach(task):
            scope = reach.scope
            if scope.module is not module or _is_meant(project, *reach.calls):
                continue
            for call in scope.calls:
                if call.span in found or not _prints(project, scope, call):
                    continue
                if scope is task.function or _only_in_tasks(project, module, scope):
                    found[call.span] = _said(project, call, task)
    if found and not _chooses_level(project):
        yield from (Finding(span, message) for span, message in found.items())


def _chooses_level(project: Project) -> bool:
    """Whether the project sets the level of redirected output anywhere: then printing is meant."""
    if project.setting(None, "worker_redirect_stdouts_level").is_set:
        return True
    return any(project.index.derived(sets_level, module) for module in project.modules)


def _said(project: Project, call: Call, task: Task) -> str:
    if project.setting(task, "worker_redirect_stdouts").truth(default=True) is False or _sets_up_logging(project):
        result = "the text goes to the worker's standard output, without time, level, task name and id"
    else:
        result = "the worker logs the text as WARNING, without the task's name and id"
    return f"`{dotted(call.func) or 'print'}()` in the task `{task.function.name}`: {result}"


@per_project
def _sets_up_logging(project: Project) -> bool:
    """Whether a receiver of `setup_logging` is connected: Celery then leaves logging alone and redirects nothing."""
    for module in project.modules:
        for scope in module.scopes:
            outer = scope.enclosing
            if outer is not None and any(_connects(project, outer, d.expr) for d in scope.decorators):
                return True
            if any(_connects(project, scope, call.func) for call in scope.calls):
                return True
    return False


def _connects(project: Project, scope: Scope, expr: Expr) -> bool:
    call = scope.call(expr)
    used = call.func if call is not None else expr
    return (
        isinstance(used, Attr)
        and used.attr == "connect"
        and project.name(scope, used) == "celery.signals.setup_logging.connect"
    )


def _prints(project: Project, scope: Scope, call: Call) -> bool:
    name = project.name(scope, call.func)
    if name not in _PRINTING or any(key is None for key, _ in call.keywords):
        return False
    stream = call.argument(1, "stream") if name.startswith("pprint.") else call.keyword("file")
    if stream is not None and project.name(scope, stream) not in _STREAMS:
        return False
    if not call.args and call.keyword("end") is None and name == "builtins.print":
        return False  # an empty line is not logged
    return not _is_meant(project, (scope, call))


def _is_meant(project: Project, *calls: tuple[Scope, Call]) -> bool:
    """Whether one of the calls stands where the output is captured, or in debug mode only."""
    return any(_keeps(project, scope, block) for scope, call in calls for _, block in scope.around(call.block))


def _keeps(project: Project, scope: Scope, block: Block) -> bool:
    """Whether a block captures what is printed, or runs in debug mode only."""
    if block.kind == "with":
        manager = scope.call(block.test)
        return manager is not None and project.name(scope, manager.func) in _CAPTURING
    if block.kind == "if":
        last = (dotted(block.test) or "").rpartition(".")[2].lower()
        return "debug" in last or "verbos" in last
    return False


def _only_in_tasks(project: Project, module: Module, scope: Scope) -> bool:
    """Whether a function of a module with tasks runs in tasks only, as far as the project shows."""
    function = _outermost(scope)
    if function is None or _is_script(module):
        return False
    pending, seen = [function], {function.index}
    while pending:
        current = pending.pop()
        for caller in _callers(project, current):
            if caller.module is not module:
                return False
            outer = _outermost(caller)
            if outer is None:
                return False
            if outer.index not in seen and project.task_of(outer) is None:
                seen.add(outer.index)
                pending.append(outer)
    return all(project.task_of(module.scopes[i]) is not None or _has_callers(project, module.scopes[i]) for i in seen)


def _outermost(scope: Scope) -> Scope | None:
    """The module-level function that a scope is or is nested in; None in a class or at module level."""
    here: Scope | None = scope
    while here is not None and here.parent > 0:
        here = here.enclosing
    return here if here is not None and here.kind == "function" else None


def _is_script(module: Module) -> bool:
    """Whether a module is also run by hand, where printing is meant."""
    if "/management/commands/" in f"/{module.path}":
        return True
    tests = (b.test for b in module.body.blocks if b.kind == "if")
    return any(isinstance(t, Op) and Name("__name__") in t.operands for t in tests)


def _callers(project: Project, function: Scope) -> Iterator[Scope]:
    """The scopes that call a module-level function, in all modules that concern Celery."""
    for module in project.modules:
        for scope in module.scopes:
            if any(c.attr == function.name and project.function(scope, c.func) is function for c in scope.calls):
                yield scope


def _has_callers(project: Project, function: Scope) -> bool:
    return next(_callers(project, function), None) is not None

"""Task decorators in the wrong place, or on something that cannot be a task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..knowledge.options import TASK_METHODS, TASK_OPTIONS
from ..knowledge.wrapping import WRAPPING
from ..model import Attr, Call, CallRef, Expr, Finding, Module, Name, Scope, ScopeRef, Task
from ..rule import rule
from ..uses import uses
from .places import name

if TYPE_CHECKING:
    from ..project import Project

_METHODS = {"builtins.staticmethod": "staticmethod", "builtins.classmethod": "classmethod"}
_SENDING = frozenset({"apply_async", "delay", "s", "si", "signature", "subtask"})


# --- CEL205


@rule("CEL205")
def task_decorator_not_outermost(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks with a decorator above the task decorator, which puts a plain function in the task's place."""
    for task in project.tasks_of(module):
        function, outer = task.function, task.function.enclosing
        if task.decorator is None or outer is None or function.decorators[0] is task.decorator:
            continue
        for decorator in function.decorators[: function.decorators.index(task.decorator)]:
            call = outer.call(decorator.expr)
            made_by = call.func if call is not None else decorator.expr
            if _wraps(project, outer, made_by, called=call is not None):
                yield Finding(
                    task.span,
                    f"{name(task)} is a plain function without `delay`: `{_last(made_by)}` wraps the task, and the"
                    " worker runs it without that wrapper",
                )
                break


def _wraps(project: Project, scope: Scope, decorator: Expr, *, called: bool) -> bool:
    """Whether a decorator certainly returns a function of its own, not what it decorates."""
    if project.name(scope, decorator) in WRAPPING:
        return True
    own = project.function(scope, decorator)
    if own is None or own.kind != "function":
        return False
    for _ in range(called + 1):
        returned = [r.value for r in own.returns if r.value is not None]
        inner = [c for c in own.children if c.kind == "function" and Name(c.name) in returned]
        if len(inner) != 1 or len(returned) != 1:
            return False
        if any(_is_sending(a.target) for a in own.assigns):
            return False
        if own.params and not _SENDING.isdisjoint(uses(own, own.params[0].name).attributes):
            return False  # made for tasks: what it returns sends the one that it got
        own = inner[0]
    return not own.decorators or all(_is_wraps(project, own, d.expr) for d in own.decorators)


def _is_sending(target: Expr) -> bool:
    """Whether the wrapper is given what makes a task one."""
    return isinstance(target, Attr) and target.attr in ("delay", "apply_async", "__class__", "__getattr__")


def _is_wraps(project: Project, function: Scope, decorator: Expr) -> bool:
    """Whether it is `functools.wraps(...)`, which leaves the function what it is."""
    outer = function.enclosing
    call = outer.call(decorator) if outer is not None else None
    return outer is not None and call is not None and project.name(outer, call.func) == "functools.wraps"


def _last(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else "the decorator"


# --- CEL206


@rule("CEL206")
def task_on_method(module: Module, project: Project) -> Iterator[Finding]:
    """Methods and classes that are made tasks: there is no instance for a worker to run them on."""
    for task in project.tasks_of(module):
        outer = task.function.enclosing
        if task.decorator is None or task.cls is not None or outer is None or outer.kind != "class":
            continue
        below = task.function.decorators[task.function.decorators.index(task.decorator) + 1 :]
        kinds = [_METHODS.get(project.name(outer, d.expr) or "") for d in below]
        kind = next((k for k in kinds if k is not None), None)
        if kind is not None and not task.wrappers:
            yield Finding(
                task.span,
                f"{name(task)} is made a task above `{kind}`: Celery cannot make a task of it, and raises an error when"
                " it is first used or a worker starts",
            )
        elif not below and not task.wrappers and task.complete:
            message = _without_instance(project, task, outer)
            if message is not None:
                yield Finding(task.span, message)
    for cls in module.classes:
        yield from _made_of_class(project, cls)


def _without_instance(project: Project, task: Task, cls: Scope) -> str | None:
    function = task.function
    first = function.params[0] if function.params else None
    if first is None or first.kind not in ("positional", "positional-only") or first.default is not None:
        return None
    above = [project.name(cls, d.expr) for d in function.decorators if d is not task.decorator]
    if first.name not in ("self", "cls") or "builtins.staticmethod" in above:
        return None
    if task.bound is True:
        own = uses(function, first.name).attributes - TASK_METHODS - TASK_OPTIONS
        missing = sorted(own & _attributes(cls))
        if not missing:
            return None
        return (
            f"`{cls.name}.{function.name}` uses `{first.name}.{missing[0]}`, but with `bind=True` `{first.name}` is the"
            f" task, not a `{cls.name}`: AttributeError"
        )
    if task.bound is None or _gets_instance(project, task):
        return None
    return (
        f"`{cls.name}.{function.name}` is a task and a method: nothing passes it `{first.name}`, and calls raise"
        " TypeError"
    )


def _attributes(cls: Scope) -> frozenset[str]:
    """What instances of a class have of its own."""
    found = {child.name for child in cls.children} | {a.target.id for a in cls.assigns if isinstance(a.target, Name)}
    for method in cls.children:
        if method.kind == "function" and method.params:
            place = Name(method.params[0].name)
            found |= {a.target.attr for a in method.assigns if isinstance(a.target, Attr) and a.target.base == place}
    return frozenset(found)


def _gets_instance(project: Project, task: Task) -> bool:
    """Whether some call passes as many arguments as there are parameters, the instance among them."""
    required = sum(p.default is None and p.kind in ("positional", "positional-only") for p in task.function.params)
    for module in project.modules:
        for _, _, sent in project.sent_in(module):
            if sent.task is task and (
                sent.args is None or sent.kwargs is None or len(sent.args) + len(sent.kwargs) >= required
            ):
                return True
    return False


def _made_of_class(project: Project, cls: Scope) -> Iterator[Finding]:
    outer = cls.enclosing
    if not cls.decorators or outer is None:
        return
    for decorator in cls.decorators:
        if "task" in _last(_callee(outer, decorator.expr)).lower() and project.makes_task(outer, decorator.expr):
            yield Finding(
                decorator.span,
                f"the class `{cls.name}` is made a task: the worker stops at start, or only makes an instance and never"
                " runs it",
            )


def _callee(scope: Scope, expr: Expr) -> Expr:
    call = scope.call(expr)
    return call.func if call is not None else expr


# --- CEL212


@rule("CEL212")
def lambda_or_partial_task(module: Module, project: Project) -> Iterator[Finding]:
    """Lambdas and partial functions that are made tasks."""
    for scope in module.scopes:
        for call in scope.calls:
            if len(call.args) != 1 or "task" not in _last(_callee(scope, call.func)).lower():
                continue
            what = _without_name(project, scope, call.args[0])
            if what is not None and project.makes_task(scope, call.func):
                yield Finding(call.span, what)


def _without_name(project: Project, scope: Scope, expr: Expr) -> str | None:
    """What happens to a task that is made of a lambda or a partial function; None for everything else."""
    if isinstance(expr, Name | Attr):
        target = project.target(scope, expr)
        if target is None or target.value is None:
            return None
        scope, expr = target.value
    if isinstance(expr, ScopeRef):
        return "a lambda is made a task: no worker of this app starts, and sending it raises SyntaxError"
    if isinstance(expr, CallRef) and _is_partial(project, scope, scope.calls[expr.index]):
        return "a partial function is made a task: it has no `__name__`, and no worker of this app starts"
    return None


def _is_partial(project: Project, scope: Scope, call: Call) -> bool:
    return call.attr == "partial" and project.name(scope, call.func) == "functools.partial"

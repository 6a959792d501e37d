"""The first parameter of tasks: `bind=True` without a place for the task, and `self` that nothing fills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..knowledge.options import TASK_METHODS, TASK_OPTIONS
from ..model import Finding, Module, Name, Scope, Task
from ..rule import rule
from ..uses import uses
from .places import name

if TYPE_CHECKING:
    from ..project import Project

_MEANS_TASK = ("self", "task", "celery", "context")
_SHORT_FOR_TASK = frozenset({"bound", "cls", "ctx", "current", "inst", "instance", "job", "me", "this", "worker"})
_TASK_ATTRIBUTES = TASK_METHODS | TASK_OPTIONS
_POSITIONAL = ("positional-only", "positional")


def _is_plain(task: Task) -> bool:
    """Whether nothing stands between Celery and the function that may change what it gets."""
    function = task.function
    if task.cls is not None or task.wrappers or not task.complete:
        return False
    outer = function.enclosing
    if outer is None or outer.kind == "class":
        return False
    return task.decorator is None or function.decorators[-1] is task.decorator


# --- CEL202


@rule("CEL202")
def bind_without_self(module: Module, project: Project) -> Iterator[Finding]:
    """Bound tasks that have no parameter for themselves."""
    for task in project.tasks_of(module):
        function = task.function
        if task.bound is not True or function.module is not module or not _is_plain(task):
            continue
        if any(p.kind == "var-positional" for p in function.params):
            continue
        positional = [p for p in function.params if p.kind in _POSITIONAL]
        if not positional:
            yield Finding(
                task.span,
                f"{name(task)} takes no positional argument, but `bind=True` passes it the task: every call raises"
                " TypeError",
            )
        elif _is_business(project, function):
            first = positional[0].name
            yield Finding(
                task.span,
                f"`bind=True` passes the task itself as `{first}` to {name(task)}: what callers pass goes to the"
                " parameters after it",
            )


def _is_business(project: Project, function: Scope) -> bool:
    """Whether the first parameter is certainly not meant for the task."""
    first = function.params[0]
    word = first.name.lower()
    if word.startswith("_") or len(word) <= 2 or word in _SHORT_FOR_TASK or any(part in word for part in _MEANS_TASK):
        return False
    if first.annotation is not None:
        annotated = project.name(function.enclosing or function, first.annotation)
        return annotated is not None and annotated.startswith("builtins.") and annotated != "builtins.object"
    found = uses(function, first.name)
    return found.alone and found.attributes.isdisjoint(_TASK_ATTRIBUTES)


# --- CEL203


@rule("CEL203")
def self_without_bind(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks with or without a parameter `self` that rely on being passed themselves, and are not."""
    for task in project.tasks_of(module):
        function = task.function
        if task.bound is not False or function.module is not module or not _is_plain(task):
            continue
        first = function.params[0] if function.params else None
        if first is not None and first.name == "self" and first.kind in _POSITIONAL:
            if first.default is None and not _is_filled(project, task):
                yield Finding(
                    task.span,
                    f"{name(task)} takes `self`, but without `bind=True` nothing passes it: calls that do not fill it"
                    " raise TypeError",
                )
        elif project.target(function, Name("self")) is None and not _is_bound_around(function):
            used = sorted(uses(function, "self").attributes & _TASK_ATTRIBUTES)
            if used:
                yield Finding(
                    task.span,
                    f"{name(task)} uses `self.{used[0]}`, but has no parameter `self`: it raises NameError",
                )


def _is_filled(project: Project, task: Task) -> bool:
    """Whether some call passes a value for `self`, or that cannot be ruled out."""
    parameters = project.parameters(task)
    if parameters is None:
        return True
    calls = [sent for module in project.modules for _, _, sent in project.sent_in(module) if sent.task is task]
    for sent in calls:
        count = len(sent.args) if sent.args is not None else None
        keywords = tuple(key for key, _ in sent.kwargs) if sent.kwargs is not None else None
        if parameters.mismatch(count, keywords, complete=True) is None:
            return True
    for _, call in project.callers(task.function):
        count = len(call.args)
        keywords = tuple(key for key, _ in call.keywords if key is not None)
        if call.has_spread or parameters.mismatch(count, keywords, complete=True) is None:
            return True
    return False


def _is_bound_around(function: Scope) -> bool:
    """Whether a scope around the function binds `self`."""
    here: Scope | None = function
    while here is not None:
        if here.param("self") is not None or here.assigned("self") or any(i.name == "self" for i in here.imports):
            return True
        if "self" in here.globals:
            return True
        here = here.enclosing
    return False

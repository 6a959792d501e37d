"""What a project declares about itself, in its code or its configuration, so that no rule has to ask again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .model import App, Const, Expr, Scope, Sub, Task, Value

if TYPE_CHECKING:
    from .project import Project

CONFIGURED = "pyproject.toml"
IDEMPOTENT = "idempotent"


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name fits one of the patterns, which are those of a shell."""
    return bool(name) and any(fnmatchcase(name, pattern) for pattern in patterns)


# --- tasks that may run twice


def idempotent(project: Project, task: Task) -> Value:
    """Whether the task is declared to do no harm when it runs a second time.

    The option `idempotent` of the decorator or the task class, also where a wrapper keeps it for itself, before the
    names in the configuration. Unset where nothing is declared, unknown where something may be that cannot be read.
    """
    found = project.option(task, IDEMPOTENT)
    if found.is_set:
        return found
    for value in (_given(project, task), _of_wrapped_base(project, task)):
        if value is not None:
            return value
    if matches(task.name, project.config.idempotent_tasks):
        return Value("set", True, CONFIGURED)
    return found


def may_run_twice(project: Project, task: Task) -> bool:
    """Whether the task is declared idempotent, or so by a value that cannot be told."""
    declared = idempotent(project, task)
    return declared.is_set and declared.truth(False) is not False


def must_not_run_twice(project: Project, task: Task) -> bool:
    """Whether the task is declared not to be idempotent."""
    declared = idempotent(project, task)
    return declared.is_set and declared.truth(False) is False


def _given(project: Project, task: Task) -> Value | None:
    """What the decorators of the task are given, whatever they make of it."""
    outer = task.function.enclosing
    if outer is None:
        return None
    for decorator in task.function.decorators:
        call = outer.call(decorator.expr)
        expr = call.keyword(IDEMPOTENT) if call is not None else None
        if expr is not None:
            return Value("set", project.value(outer, expr), project.where(outer, decorator.span))
    return None


def _of_wrapped_base(project: Project, task: Task) -> Value | None:
    """What the task class says that a wrapper gives to its tasks."""
    for scope in task.wrappers:
        for expr in _bases(scope):
            target = project.target(scope, expr)
            if target is None or target.scope is None or target.scope.kind != "class":
                continue
            ancestors = (a.scope for a in project.names.ancestors(target.scope) if a is not None)
            for cls in (target.scope, *(a for a in ancestors if a is not None)):
                for assign in cls.assigned(IDEMPOTENT):
                    return Value("set", project.value(cls, assign.value), project.where(cls, assign.span))
    return None


def _bases(scope: Scope) -> Iterator[Expr]:
    """`base=Job`, `options["base"] = Job` and `options.setdefault("base", Job)`."""
    for call in scope.calls:
        given = call.keyword("base")
        if given is not None:
            yield given
        elif call.attr == "setdefault" and len(call.args) == 2 and call.args[0] == Const("base"):
            yield call.args[1]
    for assign in scope.assigns:
        if isinstance(assign.target, Sub) and assign.target.index == Const("base"):
            yield assign.value


# --- applications that are meant to be there beside the first


def is_extra(project: Project, app: App) -> bool:
    """Whether the configuration names the application, the factory or the module it is made in as an extra one."""
    patterns = [pattern.replace(":", ".") for pattern in project.config.extra_apps]
    if not patterns:
        return False
    module = project.module_name(app.module)
    names = {app.name, module, f"{module}.{app.factory.qualname}" if app.factory is not None else ""}
    return any(matches(name, patterns) for name in names)

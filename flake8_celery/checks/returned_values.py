"""Return values that the result backend cannot store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..json_values import JsonValues
from ..knowledge.transparent import TRANSPARENT
from ..model import Finding, Module, Task
from ..per_project import per_project
from ..rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project


@rule("CEL602")
def non_serializable_return(module: Module, project: Project) -> Iterator[Finding]:
    """Return values that JSON refuses, of tasks whose results are stored."""
    for task in project.tasks_of(module):
        function = task.function
        if function.is_async or not (function.returns or function.is_generator):
            continue
        values = JsonValues(project, function, project.option(task, "pydantic").truth(default=False) is not False)
        found = [(r.span, what) for r in function.returns if (what := values.refused(r.value)) is not None]
        if function.is_generator:
            found = [(function.span, "a generator")]
        if not found or not _is_stored_as_json(project, task) or _may_convert(project, task):
            continue
        name = task.cls.name if task.cls is not None else function.name
        for span, what in found:
            yield Finding(
                span,
                f"`{name}` returns {what}, which JSON refuses: it ends in FAILURE (EncodeError) and is not retried",
            )


def _is_stored_as_json(project: Project, task: Task) -> bool:
    if project.option(task, "ignore_result").truth(default=False) is not False:
        return False
    if project.setting(task, "result_backend").is_unset:
        return False
    serializer = project.setting(task, "result_serializer")
    return (serializer.is_unset or (serializer.is_set and serializer.value == "json")) and not teaches_json(project)


@per_project
def teaches_json(project: Project) -> bool:
    """Whether the project registers types or serializers of its own."""
    for module in project.modules:
        for scope in module.scopes:
            for call in scope.calls:
                if call.attr in ("register_type", "register") and (
                    (project.name(scope, call.func) or "").startswith(("kombu.utils.json.", "kombu.serialization."))
                ):
                    return True
    return False


def _may_convert(project: Project, task: Task) -> bool:
    """Whether a decorator, wrapper or base class may turn what the function returns into something else."""
    outer = task.function.enclosing
    for decorator in task.function.decorators:
        if decorator is task.decorator or outer is None:
            continue
        call = outer.call(decorator.expr)
        name = project.name(outer, call.func if call is not None else decorator.expr)
        if name not in TRANSPARENT and not project.makes_task(outer, decorator.expr):
            return True
    if task.wrappers:
        return True
    cls, known = project.base_class(task)
    if not known:
        return True
    if cls is None:
        return False
    above = [a.scope for a in project.names.ancestors(cls) if a is not None and a.scope is not None]
    return any(child.name == "__call__" for c in (cls, *above) for child in c.children)

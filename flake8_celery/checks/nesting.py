"""Tasks that are defined when a function runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Finding, Module, Scope, Task
from ..nested import function_around
from ..roles import is_deployed_path
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from ..project import Project

# --- CEL207


@rule("CEL207")
def nested_task(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks in functions that run after the worker has started, or in other processes than the worker."""
    for task in project.tasks_of(module):
        outer = function_around(task)
        if outer is None or not is_deployed_path(module.path) or project.may_be_registered(task):
            continue
        if project.task_of(outer) is not None:
            yield Finding(
                task.span,
                f"{name(task)} exists only in the processes that have run the task `{outer.name}`: others discard its"
                " messages",
            )
        elif _is_sent_inside(project, outer, task):
            yield Finding(
                task.span,
                f"{name(task)} exists only in processes that have called `{outer.name}`: workers discard its messages",
            )


def _is_sent_inside(project: Project, outer: Scope, task: Task) -> bool:
    """Whether the function that defines the task sends it."""
    pending = [outer]
    while pending:
        scope = pending.pop()
        pending.extend(child for child in scope.children if child is not task.function)
        for call in scope.calls:
            sent = project.dispatch(scope, call)
            if sent is not None and sent.task is task and sent.method != "apply":
                return True
    return False

"""Tasks whose name in the registry is where their function happens to stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..apps import CELERY_CLASSES
from ..model import App, Attr, Finding, Module, Task
from ..per_project import per_project
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_METHOD = "gen_task_name"


@rule("CEL901")
def implicit_task_name(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks that are not given a name, where the application makes names as Celery does."""
    for task in project.tasks_of(module):
        if not task.complete or not task.app_known or not task.name or _is_named(project, task):
            continue
        if _names_tasks_itself(project) or not all(part.isidentifier() for part in task.name.split(".")):
            return  # a template's names come to be later
        yield Finding(
            task.span,
            f"{name(task)} is registered as `{task.name}`, the place where it stands: once it is moved or renamed, "
            "workers discard what was sent to it by that name",
        )


def _is_named(project: Project, task: Task) -> bool:
    # a function's task takes no name from its class, a class-based one does
    given = project.option(task, "name") if task.cls is not None else task.options.get("name")
    return given is not None and not given.is_unset and given.value is not None


@per_project
def _names_tasks_itself(project: Project) -> bool:
    """Whether an application may make the names of tasks in its own way."""
    if any(_may_override(project, app) for app in project.apps):
        return True
    targets = (a.target for module in project.modules for scope in module.scopes for a in scope.assigns)
    return any(isinstance(target, Attr) and target.attr == _METHOD for target in targets)


def _may_override(project: Project, app: App) -> bool:
    target = project.target(app.scope, app.call.func)
    if target is None or target.scope is None:
        return target is None or target.name not in CELERY_CLASSES
    ancestors = list(project.names.ancestors(target.scope))
    classes = [target.scope, *(a.scope for a in ancestors if a is not None and a.scope is not None)]
    if any(child.name == _METHOD for cls in classes for child in cls.children):
        return True
    if any(cls.assigned(_METHOD) for cls in classes):
        return True
    return any(a is None or (a.scope is None and a.name not in CELERY_CLASSES) for a in ancestors)

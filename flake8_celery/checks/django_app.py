"""An application that Django's own processes never load."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..discovered import graph
from ..model import App, Finding, Module, Scope, Task
from ..per_project import per_project
from ..roles import is_deployed_path, is_test_path
from ..rule import rule

if TYPE_CHECKING:
    from ..project import Project


# --- CEL105


@rule("CEL105")
def django_app_not_loaded(module: Module, project: Project) -> Iterator[Finding]:
    """Django's application that nothing imports but its worker, where Django sends shared tasks."""
    app = project.apps[0] if len(project.apps) == 1 else None
    if app is None or app.module is not module or app.factory is not None or not is_of_django(project, app):
        return
    task = _sent_by_django(project)
    if task is not None and not _is_imported(project, app):
        yield Finding(
            app.call.span,
            f"Django does not import this app: `{task.function.name}.delay()` in a web process ignores its settings and"
            " goes to Celery's default broker",
        )


def is_of_django(project: Project, app: App) -> bool:
    """Whether the application takes its settings from Django."""
    if not is_deployed_path(app.module.path):
        return False
    for scope in app.module.scopes:
        for call in scope.calls:
            if call.attr == "config_from_object" and call.args:
                value = project.value(scope, call.args[0])
                if value == "django.conf:settings" or project.name(scope, call.args[0]) == "django.conf.settings":
                    return True
    return False


def settings_beside(project: Project, module: Module) -> bool:
    """Whether Django's settings are in the package of a module, so that Django imports that package first."""
    folder = posixpath.dirname(module.path)
    settings = project.django_settings
    return bool(folder) and bool(settings) and settings[0].path.startswith(f"{folder}/")


def _is_imported(project: Project, app: App) -> bool:
    """Whether any other module may import that of the application."""
    imports = graph(project)
    path = app.module.path
    package = f"{posixpath.dirname(path)}/__init__.py"
    if path == package:
        return True
    # most projects do as Celery's documentation says: only of others every file is read
    for other in dict.fromkeys((package, *(m.path for m in project.modules), *project.index.tree.python)):
        if other != path and other in project.index.tree.python and not is_test_path(other):
            found = imports.of(other)
            if path in found.ever or (found.dynamic and other == package):
                return True
    return False


@per_project
def _sent_by_django(project: Project) -> Task | None:
    """A shared task that something other than a task sends."""
    shared = {id(task) for task in project.tasks if task.app is None and task.app_known}
    if not shared:
        return None
    for module in project.modules:
        if not is_deployed_path(module.path):
            continue
        for scope, _, sent in project.sent_in(module):
            if sent.sends and sent.method != "apply" and sent.task is not None and id(sent.task) in shared:
                if not _is_in_task(project, scope):
                    return sent.task
    return None


def _is_in_task(project: Project, scope: Scope) -> bool:
    """Whether a scope is, or stands in, a task."""
    here: Scope | None = scope
    while here is not None:
        if project.task_of(here) is not None:
            return True
        here = here.enclosing
    return False

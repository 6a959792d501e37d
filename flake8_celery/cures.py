"""The one line that would answer several findings, written as the project writes its settings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .knowledge.settings import OLD_TO_MODERN
from .model import Name
from .per_project import per_project
from .roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import App, Task
    from .project import Project
    from .settings import Written


def app_of(project: Project, tasks: Iterable[Task]) -> App | None:
    """The one application that all these tasks run under."""
    found = {id(app): app for task in tasks for app in project.apps_of(task)}
    return next(iter(found.values())) if len(found) == 1 else None


def setting(project: Project, app: App | None, name: str, value: str) -> str:
    """What to write where, so that a setting that is set nowhere has that value: "`CELERY_TASK_TIME_LIMIT = 60` in
    `proj/settings.py`". "" where it cannot be told how the application is configured."""
    if app is None:
        return ""
    there = _kept(project, app)
    if there:
        key = key_beside(there, name)
        return f"`{key} = {value}` in `{there[0].scope.module.path}`" if key else ""
    variable = app.name.rpartition(".")[2]
    if not variable or app.factory is not None:
        return ""
    return f"`{variable}.conf.{name} = {value}` in `{app.module.path}`"


@per_project
def _known(_: Project) -> dict[int, list[Written]]:
    return {}


def _kept(project: Project, app: App) -> list[Written]:
    """What `read_settings` tells of an application of the project; several rules ask for each file."""
    known = _known(project)
    if id(app) not in known:
        known[id(app)] = read_settings(project, app)
    return known[id(app)]


def read_settings(project: Project, app: App) -> list[Written]:
    """The settings in that module, class or dictionary which holds most of those that the application reads; empty
    where it reads none."""
    written = [w for w in project.written_settings if w.app is app and not is_test_path(w.scope.module.path)]
    read = [w for w in written if w.kind in ("object", "django") and w.name is not None]
    counts = Counter(w.scope.module.path for w in read)
    path = counts.most_common(1)[0][0] if counts else ""
    return [w for w in read if w.scope.module.path == path]


def key_beside(there: list[Written], name: str) -> str:
    """How a setting is written beside others, "" where that cannot be told."""
    first = there[0]
    namespace = first.namespace
    if namespace is None or any(w.namespace != namespace for w in there):
        return ""
    # a dictionary has its own notation
    scopes = {id(w.scope): w.scope for w in there}
    bound = {(key, a.target.id) for key, s in scopes.items() for a in s.assigns if isinstance(a.target, Name)}
    if any((id(w.scope), w.key) not in bound for w in there):
        return ""
    if namespace:
        return f"{namespace}_{name.upper()}"
    # old names may not stand beside new ones
    if first.kind == "django" or any(w.key in OLD_TO_MODERN for w in there):
        return ""
    return name

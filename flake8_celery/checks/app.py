"""Applications, and how their workers find tasks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..branches import apart
from ..discovered import Autodiscovery, autodiscovery, graph, may_load, targets
from ..imports import DynamicImportError
from ..intent import is_extra
from ..model import App, Attr, Finding, Module, Name, Op, Scope, Span, Task
from ..per_project import per_project
from ..project import Project
from ..roles import is_deployed_path, is_test_path
from ..rule import rule

# --- CEL101


@rule("CEL101")
def multiple_celery_apps(module: Module, project: Project) -> Iterator[Finding]:
    """A second application in a process: shared tasks and `current_app` change over to it."""
    if not any(app.module is module for app in project.apps):
        return
    for app, first in _second_apps(project):
        if app.module is module:
            where = project.where(first.module, first.call.span)
            name = f"`{first.name}` ({where})" if first.name else f"the one at {where}"
            yield Finding(
                app.call.span,
                f"second Celery app beside {name}: shared tasks and `current_app` use whichever was made last",
            )


def second_app_at(project: Project, module: Module, span: Span) -> tuple[App, App] | None:
    """The second application that is reported at a place, and the first."""
    for app, first in _second_apps(project):
        if app.module is module and app.call.span == span:
            return app, first
    return None


@per_project
def _second_apps(project: Project) -> list[tuple[App, App]]:
    """The applications that live in one process with an earlier or more important one."""
    apps = [app for app in project.apps if not is_extra(project, app) and _is_live(project, app)]
    kept: list[App] = []
    for app in apps:
        # one variable bound in two branches is one application
        if not app.name or all(app.name != other.name for other in kept):
            kept.append(app)
    if len(kept) < 2:
        return []
    commanded = {app.module.path for app in kept if _is_target(project, app)}
    if len(commanded) > 1:
        return []  # split on purpose
    kept.sort(key=lambda app: (-_rank(project, app), app.module.path, app.call.span.line))
    found = []
    for position, app in enumerate(kept):
        for first in kept[:position]:
            if _share_a_process(project, first, app) and not _exclude_each_other(first, app):
                found.append((app, first))
                break
    return found


def _is_live(project: Project, app: App) -> bool:
    """Whether the application is made as part of the deployed program, and becomes the current one."""
    if not is_deployed_path(app.module.path) or any(key is None for key, _ in app.call.keywords):
        return False
    current = app.call.argument(7, "set_as_current")
    if current is not None and project.value(app.scope, current) is not True:
        return False
    if _is_main_guarded(app.scope, app.call.block):
        return False
    return app.factory is None or _is_called(project, app.factory)


def _is_main_guarded(scope: Scope, block: int) -> bool:
    return any(
        around.kind == "if" and isinstance(around.test, Op) and Name("__name__") in around.test.operands
        for _, around in scope.around(block)
    )


def _is_called(project: Project, factory: Scope) -> bool:
    """Whether the deployed program calls the function that makes an application."""
    if factory.kind != "function":
        return False
    for module in project.modules:
        if not is_deployed_path(module.path):
            continue
        for scope in module.scopes:
            for call in scope.calls:
                if call.attr != factory.name or _is_main_guarded(scope, call.block):
                    continue
                if project.function(scope, call.func) is factory:
                    return True
    return False


def _is_target(project: Project, app: App) -> bool:
    """Whether a command of a deployment file names the application's module with `-A`."""
    for command in project.deployment.commands:
        named = targets(project, command.app or "")
        if app.module.path in named or _reexports(project, named, app):
            return True
    return False


def _reexports(project: Project, paths: frozenset[str], app: App) -> bool:
    """Whether one of these modules binds the application, made elsewhere, as its own."""
    for path in paths:
        module = project.module(path) if path in project.index.tree.python else None
        if module is not None and app.name:
            for name in ("app", "celery", "celery_app", app.name.rpartition(".")[2]):
                found = project.target(module.body, Name(name))
                if found is not None and found.variable == app.name:
                    return True
    return False


def _rank(project: Project, app: App) -> int:
    """How likely the application is the project's own one."""
    path = app.module.path
    if project.config.celery_app_path is not None and _is_at(project, app.module, project.config.celery_app_path):
        return 5
    if _is_target(project, app):
        return 4
    if _reexports(project, frozenset({f"{posixpath.dirname(path)}/__init__.py".lstrip("/")}), app):
        return 3
    if "celery" in posixpath.basename(path):
        return 2
    return int(any(task.app is app for task in project.tasks))


def _exclude_each_other(first: App, second: App) -> bool:
    """Whether one run of a function makes only one of the two."""
    return first.scope is second.scope and apart(first.scope, first.call.block, second.call.block)


def _share_a_process(project: Project, first: App, second: App) -> bool:
    """Whether some module imports both, directly or through others."""
    if first.module is second.module:
        return True
    importers = _importers(project)
    return not importers[first.module.path].isdisjoint(importers[second.module.path])


@per_project
def _importers(project: Project) -> dict[str, set[str]]:
    """For the module of each application: the modules whose import imports it, itself included."""
    imports = graph(project)
    reverse: dict[str, set[str]] = {}
    for path in project.index.tree.python:
        if not is_test_path(path) and is_deployed_path(path):
            for imported in imports.of(path).at_import:
                reverse.setdefault(imported, set()).add(path)
    for app in project.apps:
        # a worker of this application imports what it is told to discover
        for discovered in _discovered_by(project, app):
            reverse.setdefault(discovered, set()).add(app.module.path)
    found = {}
    for app in project.apps:
        seen: set[str] = set()
        pending = [app.module.path]
        while pending:
            path = pending.pop()
            if path not in seen:
                seen.add(path)
                pending.extend(reverse.get(path, ()))
        found[app.module.path] = seen
    return found


def _discovered_by(project: Project, app: App) -> Iterator[str]:
    """The modules that the application names literally as those of its tasks."""
    for setting in ("include", "imports"):
        value = project.setting(app, setting).value
        for name in value if isinstance(value, list | tuple) else ():
            if isinstance(name, str):
                yield from graph(project).nearest(name, app.module.path)
    for scope in app.module.scopes:
        for call in scope.calls:
            if call.attr == "autodiscover_tasks":
                found = autodiscovery(project, scope, call)
                if isinstance(found.packages, tuple) and isinstance(found.related, str):
                    for name in found.packages:
                        yield from graph(project).nearest(f"{name}.{found.related}", app.module.path)


# --- CEL102


@rule("CEL102")
def task_module_not_discovered(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks in a module that no worker imports."""
    tasks = [task for task in project.tasks_of(module) if task.app_known and not _is_nested(task)]
    if not tasks or not project.apps:
        return
    if not is_deployed_path(module.path) and not any(_is_scheduled(project, task) for task in tasks):
        return
    if any(app.module is module for app in project.apps):
        return
    if may_load(project, module.path):
        return
    if _is_script(module) and not any(_is_sent(project, task) for task in tasks):
        return
    tasks = [task for task in tasks if not _has_twin(project, task)]
    if not tasks:
        return
    names = [task.name for task in tasks if task.name]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    yield Finding(
        tasks[0].span,
        f"no worker imports `{project.module_name(module)}`: it discards the messages for `{names[0]}`{more}"
        if names
        else f"no worker imports `{project.module_name(module)}`: it discards the messages for its tasks",
    )


def _is_nested(task: Task) -> bool:
    """Whether the task is defined when a function runs, not when its module is imported."""
    outer = (task.cls or task.function).enclosing
    while outer is not None and outer.kind == "class":
        outer = outer.enclosing
    return outer is not None and outer.kind != "module"


def _is_script(module: Module) -> bool:
    return any(
        block.kind == "if" and isinstance(block.test, Op) and Name("__name__") in block.test.operands
        for block in module.body.blocks
    )


def _is_scheduled(project: Project, task: Task) -> bool:
    """Whether the deployed program's beat sends the task: then it is part of that program wherever its module is."""
    return bool(task.name) and any(
        entry.task == task.name and entry.kind == "entry" and is_deployed_path(entry.path) for entry in project.schedule
    )


def _has_twin(project: Project, task: Task) -> bool:
    """Whether a worker knows another task by the same name, which then runs the messages."""
    return bool(task.name) and any(
        other.name == task.name and other.module is not task.module and may_load(project, other.module.path)
        for other in project.tasks
    )


def _is_sent(project: Project, task: Task) -> bool:
    """Whether something in the project sends the task, or schedules it."""
    if any(entry.task == task.name for entry in project.schedule):
        return True
    for module in project.modules:
        for scope in module.scopes:
            for call in scope.calls:
                found = project.dispatch(scope, call)
                if found is not None and (found.task is task or (found.name is not None and found.name == task.name)):
                    return True
    return False


# --- CEL103


@rule("CEL103")
def discovery_of_missing_module(module: Module, project: Project) -> Iterator[Finding]:
    """Names in `autodiscover_tasks`, `include` and `imports` that no module has."""
    for scope, call in project.called(module, ("autodiscover_tasks",)):
        if isinstance(call.func, Attr):
            found = autodiscovery(project, scope, call)
            for message in _undiscovered(project, found):
                yield Finding(call.span, message)
    for setting, name, span in missing_imports(module, project):
        yield Finding(
            span,
            f"`{setting}` names `{name}`, which does not exist: the worker stops at start with ModuleNotFoundError",
        )


def missing_imports(module: Module, project: Project) -> Iterator[tuple[str, str, Span]]:
    """The settings in a module that name a module which is not there: the setting, the name and the place."""
    for app in project.apps:
        for setting in ("include", "imports"):
            value = project.setting(app, setting)
            path, _, line = value.origin.rpartition(":")
            if not value.is_set or path != module.path or not line.isdigit():
                continue
            names = [value.value] if isinstance(value.value, str) else value.value
            for name in names if isinstance(names, list | tuple) else ():
                if isinstance(name, str) and is_missing(project, name, app.module):
                    yield setting, name, _place(module, int(line))


def _undiscovered(project: Project, found: Autodiscovery) -> Iterator[str]:
    module = found.scope.module
    if not isinstance(found.packages, tuple) or not isinstance(found.related, str):
        return
    for name in found.packages:
        if is_missing(project, name, module):
            parent = name.rpartition(".")[0]
            if not parent or is_missing(project, parent, module):
                yield (
                    f"`autodiscover_tasks` names `{name}`, which does not exist: the worker stops at start with"
                    " ModuleNotFoundError"
                )
            else:
                yield f"`autodiscover_tasks` names `{name}`, which does not exist: the worker passes over it silently"
        elif found.literal and has_nothing(project, name, found.related, module):
            yield f"`{name}` has neither a module `{found.related}` nor tasks: the worker passes over it silently"


def is_missing(project: Project, name: str, near: Module) -> bool:
    """Whether the project's own package of that name lacks the module."""
    if not all(part.isidentifier() for part in name.split(".")):
        return False
    top = name.partition(".")[0]
    index = project.index
    if index.path_of(top, near.path) is None and not project.module_name(near).startswith(f"{top}."):
        return False
    return not project.has_module(name, near) and not graph(project).paths(name) and not index.on_disk(name)


def has_nothing(project: Project, name: str, related: str, near: Module) -> bool:
    """Whether there is nothing for `autodiscover_tasks` to find in one of the project's packages."""
    path = project.index.path_of(name, near.path)
    imports = graph(project)
    if path is None or imports.paths(f"{name}.{related}") or project.has_module(f"{name}.{related}", near):
        return False
    if project.index.on_disk(f"{name}.{related}"):
        return False
    try:
        reached = imports.reached([path])
    except DynamicImportError:
        return False
    return not any(task.module.path in reached for task in project.tasks)


def _place(module: Module, line: int) -> Span:
    """The statement that starts at a line."""
    spans = [assign.span for scope in module.scopes for assign in scope.assigns]
    spans += [call.span for scope in module.scopes for call in scope.calls]
    return next((span for span in spans if span.line == line), Span(line, 0, line, 0))


# --- CEL919


@rule("CEL919")
def celery_app_location(module: Module, project: Project) -> Iterator[Finding]:
    """An application made outside the module that the configuration names."""
    path = project.config.celery_app_path
    if path is None or _is_at(project, module, path):
        return
    for app in project.apps:
        if app.module is not module or is_extra(project, app):
            continue
        if app.factory is None or not _is_called_at(project, app.factory, path):
            yield Finding(app.call.span, f"the Celery app belongs in `{path}` (celery-app-path)")


def _is_at(project: Project, module: Module, path: str) -> bool:
    """Whether the module is at the configured place, a path or a dotted name."""
    wanted = path.removeprefix("./")
    if "/" in wanted or wanted.endswith(".py"):
        return module.path == wanted or module.path.endswith("/" + wanted)
    return module.path in graph(project).paths(wanted)


def _is_called_at(project: Project, factory: Scope, path: str) -> bool:
    return any(
        project.function(scope, call.func) is factory
        for module in project.modules
        if _is_at(project, module, path)
        for scope in module.scopes
        for call in scope.calls
    )

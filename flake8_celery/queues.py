"""Which queues the project's workers read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .discovered import targets
from .model import App, Command, Module
from .source import SourceError
from .traits import adds_queues

if TYPE_CHECKING:
    from .project import Project

_QUEUE = frozenset({"kombu.Queue", "kombu.entity.Queue", "kombu.common.Broadcast", "celery.Queue"})
_MAKERS = frozenset({"Queue", "Broadcast"})
_PLAIN = re.compile(r"[\w.:-]+")
_ELSEWHERE = re.compile(rb"""["'](?:-Q\b|--queues\b)|\bworker\b[^\n]*\s(?:-Q\b|--queues\b)""")
"""A worker that a Python program starts with queues of its own."""
_QUEUES = re.compile(rb"-(?:Q|-queues)\b")


def declared(project: Project, app: App | None) -> frozenset[str] | None:
    """The names of the queues in `task_queues`, none where it is not set; None where they cannot be told."""
    setting = project.setting(app, "task_queues")
    if setting.is_unset:
        return frozenset()
    if isinstance(setting.value, dict):
        return frozenset(map(str, setting.value)) if all(isinstance(n, str) for n in setting.value) else None
    if not setting.is_set or not isinstance(setting.value, list | tuple | set):
        return None
    found: set[str] = set()
    for module in project.modules:
        names = _made(project, module)
        if names is None:
            return None
        found |= names
    return frozenset(found) if found else None


def _made(project: Project, module: Module) -> set[str] | None:
    """The names of the queues that a module makes, None where it computes one."""
    found: set[str] = set()
    for scope in module.scopes:
        for call in scope.calls:
            if call.attr in _MAKERS and project.name(scope, call.func) in _QUEUE:
                name = project.value(scope, call.argument(0, "name"))
                if not isinstance(name, str):
                    return None
                found.add(name)
    return found


def read(project: Project) -> frozenset[str] | None:
    """The queues that the workers of all deployment files read together; None where that cannot be told, or where no
    file starts a worker for anything but development."""
    workers = [command for command in project.deployment.commands if command.program == "worker"]
    if not any(not command.variant for command in workers) or _starts_others(project):
        return None
    found: set[str] = set()
    for command in workers:
        names = _of_worker(project, command)
        if names is None:
            return None
        found |= names
    return frozenset(found)


def _of_worker(project: Project, command: Command) -> frozenset[str] | None:
    if command.uncertain or "multi" in command.argv:
        return None
    given = command.option("--queues")
    if given is not None:
        names = frozenset(name.strip() for name in given.split(","))
        return names if all(_PLAIN.fullmatch(name) for name in names) else None
    app = _app(project, command)
    if app is None and len(project.apps) != 1:
        return None
    names_of_settings = declared(project, app)
    if names_of_settings:
        return names_of_settings
    default = project.setting(app, "task_default_queue")
    if names_of_settings is None or not (default.is_unset or isinstance(default.value, str)):
        return None
    return frozenset({"celery" if default.is_unset else str(default.value)})


def _app(project: Project, command: Command) -> App | None:
    paths = targets(project, command.app or "")
    own = [app for app in project.apps if app.module.path in paths]
    return own[0] if len(own) == 1 else None


def _starts_others(project: Project) -> bool:
    """Whether the project's code starts workers, or tells running ones to read further queues."""
    for module in project.modules:
        if project.index.derived(adds_queues, module):
            return True
        try:
            # to look for the second in all texts takes ten times as long
            if project.index.told(_QUEUES, module) and project.index.told(_ELSEWHERE, module):
                return True
        except SourceError:
            continue
    return False

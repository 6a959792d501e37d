"""Routes that lead nowhere: of tasks that are not there, and to queues that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Finding, Module, Task
from ..per_project import per_project
from ..queues import read
from ..routing import Route, routes
from ..rule import rule
from .places import Places
from .task_names import unknown, unknown_pattern

if TYPE_CHECKING:
    from ..project import Project
    from ..settings import Written

_SETTING = "task_routes"


@per_project
def _routes(project: Project) -> list[tuple[Written, Route]]:
    """The routes of all applications that can be told, each with the setting it stands in."""
    found: dict[tuple[str, int, str], tuple[Written, Route]] = {}
    for written in project.written_settings:
        if written.name == _SETTING:
            for route in routes(written.value):
                if route is not None:
                    key = (written.scope.module.path, written.span.line, route.pattern)
                    found[key] = written, route
    return list(found.values())


# --- CEL824


@rule("CEL824")
def route_for_unknown_task(module: Module, project: Project) -> Iterator[Finding]:
    """Keys of `task_routes` that no task of the project has as its name, or matches."""
    for written, route in _routes(project):
        if written.scope.module is not module:
            continue
        by_pattern = "*" in route.pattern
        advice = unknown_pattern(project, route) if by_pattern else unknown(project, route.pattern, short=True)
        if advice is not None:
            what = f"no task's name matches `{route.pattern}`" if by_pattern else f"no task is named `{route.pattern}`"
            yield Finding(project.spot(module, written.span, route.pattern), f"{what}{advice}: the route has no effect")


# --- CEL525


@rule("CEL525")
def unconsumed_queue(module: Module, project: Project) -> Iterator[Finding]:
    """Queues that calls, tasks, routes and schedules name, and no worker of the deployment files reads."""
    queues = _read(project)
    if queues is None:
        return
    yield from _of_calls(module, project, queues)
    places, names = _of_tasks(project)
    for place in places.of(module):
        yield Finding(place.span, _message(names[(place.path, place.span.line)], _who(place.tasks), queues))
    for written, route in _routes(project):
        if written.scope.module is module and route.queue is not None and route.queue not in queues:
            own = [task for task in project.tasks if task.name and route.matches(task.name)]
            if own:
                yield Finding(
                    project.spot(module, written.span, route.pattern), _message(route.queue, _who(own), queues)
                )
    for entry in project.schedule:
        task = project.task_named(entry.task) if entry.path == module.path and entry.task is not None else None
        for key, expr in (entry.options or ()) if task is not None and entry.scope is not None else ():
            queue = project.value(entry.scope, expr) if key == "queue" and entry.scope is not None else None
            if task is not None and isinstance(queue, str) and queue not in queues:
                yield Finding(entry.span, _message(queue, _who([task]), queues))


@per_project
def _read(project: Project) -> frozenset[str] | None:
    return read(project)


def _of_calls(module: Module, project: Project, queues: frozenset[str]) -> Iterator[Finding]:
    for scope, call, sent in project.sent_in(module):
        if "queue" not in sent.options:
            continue
        task = sent.task or (project.task_named(sent.name) if sent.name is not None else None)
        queue = project.value(sent.scope, sent.options["queue"])
        if task is not None and isinstance(queue, str) and queue not in queues:
            yield Finding(project.spot(scope.module, call.span, "queue"), _message(queue, _who([task]), queues))


@per_project
def _of_tasks(project: Project) -> tuple[Places, dict[tuple[str, int], str]]:
    places = Places(project)
    names: dict[tuple[str, int], str] = {}
    queues = _read(project) or frozenset()
    for task in project.tasks:
        option = project.option(task, "queue")
        if option.is_set and isinstance(option.value, str) and option.value not in queues:
            place = places.add(task, option)
            if place is not None:
                names[(place.path, place.span.line)] = option.value
    return places, names


def _who(tasks: list[Task]) -> str:
    shown = sorted({task.function.name if task.cls is None else task.cls.name for task in tasks})
    return f"`{shown[0]}`" + (f" and {len(shown) - 1} more tasks wait" if len(shown) > 1 else " waits")


def _message(queue: str, who: str, queues: frozenset[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in sorted(queues)[:4]) + (", ..." if len(queues) > 4 else "")
    return f"no worker reads the queue `{queue}`, in which {who} for ever: the workers read {listed}"

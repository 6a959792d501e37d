"""What the setting `task_routes` says: patterns of task names, and where what they match goes."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from .frozen import dataclass
from .model import UNKNOWN


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` is the name of a task, or one with `*`. `queue` is where it leads, None where the route gives something
    else (a routing key, a priority), or that cannot be told. `priority` is what it gives, None where it gives none."""

    pattern: str
    queue: str | None
    priority: object = None

    def matches(self, task: str) -> bool:
        """Whether a task of that name takes the route. Celery reads other wildcards only beside a `*`."""
        return fnmatchcase(task, self.pattern) if "*" in self.pattern else task == self.pattern


def routes(value: object) -> Iterator[Route | None]:
    """The routes in the value of `task_routes`, in Celery's order; None for each that cannot be told: a function, a
    name of one, a regular expression."""
    if isinstance(value, dict):
        yield from _table(list(value.items()))
    elif isinstance(value, list | tuple):
        for router in value:
            if isinstance(router, dict):
                yield from _table(list(router.items()))
            elif isinstance(router, list | tuple):
                yield from _table(list(router))
            else:
                yield None
    elif value is not None:
        yield None


def _table(items: list[object]) -> Iterator[Route | None]:
    """What a mapping says, or a list of pairs: names come before patterns."""
    later: list[Route | None] = []
    for item in items:
        pattern, target = item if isinstance(item, list | tuple) and len(item) == 2 else (UNKNOWN, UNKNOWN)
        if not isinstance(pattern, str):
            later.append(None)
            continue
        options = target if isinstance(target, dict) else {"queue": target}
        queue = options.get("queue")
        found = Route(pattern, queue if isinstance(queue, str) else None, options.get("priority"))
        if "*" in pattern:
            later.append(found)
        else:
            yield found
    yield from later


def route_of(value: object, task: str) -> Route | None:
    """The route that a task of that name takes, None where it takes none, or that cannot be told."""
    for route in routes(value):
        if route is None or route.matches(task):
            return route
    return None

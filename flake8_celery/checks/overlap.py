"""Periodic tasks that are started again while they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..intent import may_run_twice
from ..knowledge.limits import LIMITS
from ..model import Attr, Const, Finding, Module, Name, ScheduleEntry, Scope, Task
from ..per_project import per_project
from ..period import shortest
from ..reads import reads
from ..rule import rule
from .idempotency import takes_care
from .limits import effective, ignored, pools
from .places import name, number

if TYPE_CHECKING:
    from ..project import Project

_SINGLE = frozenset({"solo"})
_CARE = re.compile(
    r"(?<!b)(?<!c)lock(?!ed_|out)|mutex|semaphore|singleton|once\b|acquire|lease|running|in_?progress|\bbusy|concurren|already",
    re.IGNORECASE,
)
"""What names and texts say that are about a second run."""


@rule("CEL718")
def periodic_overlap(module: Module, project: Project) -> Iterator[Finding]:
    """Entries of beat's schedule that come more often than the time that their task gives itself, without a lock."""
    for entry in project.schedule:
        if entry.path != module.path or entry.scope is None or entry.when is None or entry.options is None:
            continue
        task = project.task_named(entry.task) if entry.task is not None else None
        limit = _own_limit(project, entry, task) if task is not None else None
        period = shortest(project, entry.scope, entry.when) if limit is not None else None
        if task is None or limit is None or period is None or period >= limit:
            continue
        if not _takes_care(project, task) and not _runs_alone(project):
            yield Finding(
                entry.span,
                f"{name(task)} is sent every {number(period)} s and may run {number(limit)} s: nothing keeps a second"
                " run from starting beside the first",
            )


def _own_limit(project: Project, entry: ScheduleEntry, task: Task) -> float | None:
    """The seconds after which the task is stopped, where the entry or the task itself says so: a limit for all tasks
    tells nothing about how long this one takes."""
    given = dict(entry.options or ())
    found: dict[str, float] = {}
    for limit in LIMITS:
        if ignored(limit, pools(project, task)):
            continue
        if limit in given and entry.scope is not None:
            value = project.value(entry.scope, given[limit])
            if isinstance(value, int | float) and not isinstance(value, bool):
                found[limit] = float(value)
            continue
        option = project.option(task, limit)
        if option.number and effective(option) and option.origin != project.setting(task, f"task_{limit}").origin:
            found[limit] = option.number
    return found.get("time_limit", found.get("soft_time_limit"))


def _takes_care(project: Project, task: Task) -> bool:
    """Whether the task is declared to bear it, or anything in it or in what it calls looks like a lock, or like a
    question whether another run is under way."""
    if not task.complete or may_run_twice(project, task) or takes_care(task):
        return True
    return any(_asks(reached.scope) for reached in project.reach(task))


def _asks(scope: Scope) -> bool:
    words = [call.attr or "" for call in scope.calls]
    for expr, _ in reads(scope):
        match expr:
            case Name(id=word) | Attr(attr=word) | Const(value=str(word)):
                words.append(word)
    return any(_CARE.search(word) for word in words)


@per_project
def _runs_alone(project: Project) -> bool:
    """Whether some worker takes one task at a time, or may do so: it may be the one that these tasks go to."""
    for command in project.deployment.commands:
        if command.program != "worker":
            continue
        if command.uncertain or command.option("--concurrency") == "1" or command.option("--pool") in _SINGLE:
            return True
    return project.setting(None, "worker_concurrency").value == 1

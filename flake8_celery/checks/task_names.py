"""Tasks that are named by a string: in calls and in beat's schedule."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..frozen import dataclass
from ..model import UNSET, Attr, Finding, Module, Name, ScheduleEntry
from ..per_project import per_project
from ..routing import Route
from ..rule import rule
from ..spelling import distance, nearest
from ..traits import naming_classes
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..parameters import Parameters
    from ..project import Project

_DIGITS = re.compile(r"\d")


@rule("CEL508")
def unknown_task_name(module: Module, project: Project) -> Iterator[Finding]:
    """Names in `send_task` and `signature` that no task of the project has."""
    for scope, call, sent in project.sent_in(module):
        if sent.task is not None or sent.name is None or call.attr not in ("send_task", "signature", "Signature"):
            continue
        if call.attr == "send_task" and not (isinstance(call.func, Attr) and project.is_app(scope, call.func.base)):
            continue
        advice = unknown(project, sent.name)
        if advice is not None:
            yield Finding(call.span, f"no task is named `{sent.name}`{advice}: the worker discards the message")


@rule("CEL704")
def schedule_unknown_task(module: Module, project: Project) -> Iterator[Finding]:
    """Entries of beat's schedule whose task no worker of the project has."""
    for entry in _entries(project).get(module.path, ()):
        if entry.task is None or entry.kind == "call":
            continue
        advice = unknown(project, entry.task, short=True)
        if advice is not None:
            where = f" of `{entry.name}`" if entry.name else ""
            message = f"no task is named `{entry.task}`{advice}: beat sends it{where}, and the worker discards it"
            yield Finding(entry.span, message)


@rule("CEL705")
def schedule_args_mismatch(module: Module, project: Project) -> Iterator[Finding]:
    """Entries of beat's schedule whose arguments the task does not take."""
    for entry in _entries(project).get(module.path, ()):
        if entry.encoded:
            what = f"`kwargs` of `{entry.task}`" if entry.task else "`kwargs`"
            yield Finding(entry.at, f"{what} is a text and not a dictionary: beat cannot send the task")
            continue
        task = project.task_named(entry.task) if entry.task is not None else None
        parameters = project.parameters(task) if task is not None else None
        if task is None or parameters is None:
            continue
        count = len(entry.args) if entry.args is not None else None
        keywords = tuple(key for key, _ in entry.kwargs) if entry.kwargs is not None else None
        problem = parameters.mismatch(count, keywords, complete=True)
        if problem is not None:
            yield Finding(entry.at, f"{name(task)} {problem}: {_outcome(parameters)}")


def _outcome(parameters: Parameters) -> str:
    return "each run fails in the worker" if parameters.checked is False else "beat cannot send it"


@per_project
def _entries(project: Project) -> dict[str, list[ScheduleEntry]]:
    found: dict[str, list[ScheduleEntry]] = {}
    for entry in project.schedule:
        found.setdefault(entry.path, []).append(entry)
    return found


# --- names


@dataclass(frozen=True)
class _Known:
    """What tasks the project has by name: `prefixes` the first parts of their names, `by_last` the names by their last
    part, `unnamed` the functions of tasks whose names the code computes, `written` the names that the code gives,
    `by_function` the names that follow from a function's, by that."""

    names: frozenset[str]
    prefixes: frozenset[str]
    by_last: dict[str, list[str]]
    unnamed: frozenset[str]
    written: frozenset[str]
    by_function: dict[str, list[str]]


@per_project
def _known(project: Project) -> _Known | None:
    """None where names may be anything: a class of the project's own makes them."""
    names: set[str] = set()
    unnamed: set[str] = set()
    for task in project.tasks:
        if task.name:
            names.add(task.name)
        else:
            unnamed.add(task.function.name if task.cls is None else task.cls.name)
    for app in project.apps:
        main = project.value(app.scope, app.call.argument(0, "main"))
        if isinstance(main, str):
            # what a module that is run as a script defines is named after the application
            names.update(f"{main}.{t.function.name}" for t in project.tasks_of(app.module))
    for module in project.modules:
        if any(scope.kind == "function" and scope.name == "gen_task_name" for scope in module.scopes):
            return None
        for scope in map(module.scopes.__getitem__, project.index.derived(naming_classes, module)):
            # a class that something registers in a way that is not seen
            given = [project.value(scope, assign.value) for assign in scope.assigned("name")]
            names.update(value for value in given if isinstance(value, str))
    by_last: dict[str, list[str]] = {}
    for full in names:
        by_last.setdefault(full.rpartition(".")[2], []).append(full)
    prefixes = {full.partition(".")[0] for full in names if "." in full}
    written = {task.name for task in project.tasks if task.name and task.options.get("name", UNSET).value == task.name}
    by_function: dict[str, list[str]] = {}
    for task in project.tasks:
        if task.name and task.complete and task.app_known and task.cls is None and task.name not in written:
            by_function.setdefault(task.function.name, []).append(task.name)
    return _Known(frozenset(names), frozenset(prefixes), by_last, frozenset(unnamed), frozenset(written), by_function)


def unknown(project: Project, task: str, *, short: bool = False) -> str | None:
    """ "" or what may be meant, for a name that should be a task's of the project and is none; None for others.

    A name without a dot may belong to anybody's task. With `short`, for what the project says of its own tasks, it is
    taken for that of its one function of just that name.
    """
    known = _known(project)
    if known is None or task in known.names:
        return None
    if "." not in task:
        meant = known.by_function.get(task, ()) if short and task not in known.unnamed else ()
        return f" (there is `{meant[0]}`)" if len(meant) == 1 else None
    first = task.partition(".")[0]
    place, _, last = task.rpartition(".")
    same = sorted(known.by_last.get(last, ()))
    if not project.has_module(first):
        # a part of a name that the code gives: unlike a name that follows from a path, it is known to the letter
        longer = [t for t in same if t.endswith(f".{task}")]
        return f" (there is `{longer[0]}`)" if len(longer) == 1 and longer[0] in known.written else None
    if first not in known.prefixes:
        return None
    # the folder that Python starts from may be another than it seems
    if last in known.unnamed or any(t.endswith(f".{task}") or task.endswith(f".{t}") for t in same):
        return None
    module = project.find_module(place)
    if module is None and known.unnamed:
        return None  # it may be a name that the code computes
    if module is not None and _may_make(project, module, last):
        return None
    near = same if len(same) == 1 else get_close_matches(task, sorted(known.names), 1, 0.9)
    return f" (there is `{near[0]}`)" if near else ""


def unknown_pattern(project: Project, route: Route) -> str | None:
    """ "" or what may be meant, for a pattern that should match tasks of the project and matches none; None for others,
    and where something in the modules that it names may be a task in a way that is not seen."""
    known = _known(project)
    before = route.pattern.partition("*")[0]
    first, dot, _ = before.partition(".")
    if known is None or not dot or first not in known.prefixes or known.unnamed or any(c in before for c in "?["):
        return None
    if not project.has_module(first) or any(map(route.matches, known.names)):
        return None
    place = before.rpartition(".")[0]
    if any(f"{project.module_name(m)}.".startswith(f"{place}.") for m in project.modules):
        return None
    # the folder that Python starts from may be another than it seems
    if any(Route(f"*.{route.pattern}", None).matches(name) or route.matches(f"{first}.{name}") for name in known.names):
        return None
    near = get_close_matches(place, sorted({name.rpartition(".")[0] for name in known.names}), 1, 0.9)
    return f" (there are tasks in `{near[0]}`)" if near else ""


@dataclass(frozen=True)
class Meant:
    """The task that a name which none has is meant to be. `is_sure` where it is the function that the name leads to,
    or one letter of the name is wrong."""

    name: str
    is_sure: bool


def meant_task(project: Project, name: str) -> Meant | None:
    """The one task that a wrong name can mean: what it leads to by imports, what is spelt nearly like it, or what has
    moved within the package. Names that differ in a number are different ones."""
    known = _known(project)
    if known is None:
        return None
    place, _, last = name.rpartition(".")
    module = project.find_module(place) if place else None
    task = project.task(module.body, Name(last)) if module is not None else None
    if task is not None:
        return Meant(task.name, True) if task.name and task.name != name else None
    near = nearest(name, known.names)
    if near is not None:
        same = _DIGITS.sub("", near) == _DIGITS.sub("", name)
        return None if same else Meant(near, distance(name, near, 1) == 1)
    moved = known.by_last.get(last, [])
    if len(moved) != 1:
        return None
    other = moved[0].rpartition(".")[0]
    within = not place or f"{other}.".startswith(f"{place}.") or f"{place}.".startswith(f"{other}.")
    return Meant(moved[0], False) if within or other.endswith(f".{place}") else None


def _may_make(project: Project, module: Module, name: str) -> bool:
    """Whether a module has something of that name that may be a task in a way that is not seen."""
    found = module.scope(name)
    if found is not None:
        return project.task_of(found) is None and (found.kind == "class" or bool(found.decorators))
    return bool(module.body.assigned(name))

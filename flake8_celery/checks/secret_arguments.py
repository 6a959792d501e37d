"""Arguments of tasks that should be read by nobody on the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..knowledge.secrets import is_secret
from ..model import Const, Expr, Finding, Module, Name, Param, Scope, Star, Task
from ..per_project import per_project
from ..rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Dispatch, Project

_NO_SECRETS = frozenset({"bool", "float", "int"})
_KEY = re.compile(r"(?:^|_)(?:pk|id)$")


@rule("CEL605")
def secret_in_task_arguments(module: Module, project: Project) -> Iterator[Finding]:
    """Parameters of tasks, and keyword arguments that no parameter names, whose names say that they are secrets."""
    for task in project.tasks_of(module):
        found = [
            p.name
            for p in _parameters(task)
            if _may_hold_secret(p) and not _is_key(project, task, p.name) and not _is_left_out(project, task, p)
        ]
        if found:
            yield Finding(task.function.span, _message(_name(task), found))
    for _, call, sent in project.sent_in(module):
        if not sent.kwargs or sent.method == "apply" or (sent.task is None and sent.name is None):
            continue
        task_ = sent.task or project.task_named(sent.name or "")
        known = {param.name for param in _parameters(task_)} if task_ is not None else set()
        found = [key for key, value in sent.kwargs if key not in known and is_secret(key) and not _is_empty(value)]
        if found:
            yield Finding(call.span, _message(_name(task_) if task_ is not None else sent.name or "", found))


def _is_left_out(project: Project, task: Task, param: Param) -> bool:
    """Whether the project sends the task, or nothing does, and no message holds the parameter: it has a default."""
    if param.default is None:
        return False
    parameters = project.parameters(task)
    if parameters is None:
        return False
    at = parameters.positional.index(param.name) if param.name in parameters.positional else None
    for sent in _sent(project).get(task.function, ()):
        if sent.args is None or sent.kwargs is None or any(isinstance(arg, Star) for arg in sent.args):
            return False
        if at is not None and len(sent.args) > at and not _is_empty(sent.args[at]):
            return False
        if any(key == param.name and not _is_empty(value) for key, value in sent.kwargs):
            return False
    return True


@per_project
def _sent(project: Project) -> dict[Scope, list[Dispatch]]:
    """What is sent of each task, by its function."""
    found: dict[Scope, list[Dispatch]] = {}
    for module in project.modules:
        for _, _, sent in project.sent_in(module):
            task = sent.task or (project.task_named(sent.name) if sent.name is not None else None)
            if task is not None and sent.method != "apply":
                found.setdefault(task.function, []).append(sent)
    return found


def _is_key(project: Project, task: Task, name: str) -> bool:
    """Whether the parameter is the key of a row: `ApiToken.objects.get(pk=token)`."""
    return any(
        value == Name(name) and key is not None and _KEY.search(key)
        for reached in project.reach(task)
        for call in reached.scope.calls
        for key, value in call.keywords
    )


def _parameters(task: Task) -> list[Param]:
    return [p for p in task.function.params if not p.kind.startswith("var-")]


def _name(task: Task) -> str:
    return task.cls.name if task.cls is not None else task.function.name


def _message(name: str, found: list[str]) -> str:
    what = " and ".join(f"`{key}`" for key in found[:2]) + (f" and {len(found) - 2} more" if len(found) > 2 else "")
    return f"the message for `{name}` carries {what} in clear: whoever reads the broker, events or Flower reads it"


def _may_hold_secret(param: Param) -> bool:
    if isinstance(param.annotation, Name) and param.annotation.id in _NO_SECRETS:
        return False
    if isinstance(param.default, Const) and isinstance(param.default.value, int | float):
        return False
    return is_secret(param.name)


def _is_empty(value: Expr) -> bool:
    return isinstance(value, Const) and not (isinstance(value.value, str) and value.value)

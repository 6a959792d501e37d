"""Options of tasks and of calls that Celery does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dispatch import SIGNATURE
from ..knowledge.misnomers import CALL, DISTINCT_OLD_OPTIONS, NOT_OF_A_CALL, NOT_OF_A_TASK, TASK
from ..knowledge.options import CALL_OPTIONS, TASK_METHODS, TASK_OPTIONS
from ..knowledge.settings import OPTION_TO_SETTING
from ..model import UNKNOWN, Call, Finding, Module, Name, Scope, Span, Task, Value
from ..per_project import per_project
from ..rule import rule
from ..spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_READ = TASK_OPTIONS | TASK_METHODS
_SPELT = sorted(
    {n for n in TASK_OPTIONS if n.islower()} | {n for n in TASK_METHODS if n.startswith(("on_", "before_"))}
)
_REPLACEABLE = frozenset(n for n in TASK_METHODS - TASK_OPTIONS if n.islower() and not n.startswith(("on_", "before_")))
_SETTING_TO_OPTION = {setting: option for option, setting in OPTION_TO_SETTING.items()}
_CALL_SPELT = sorted(n for n in CALL_OPTIONS if n.islower())
_CALLS = frozenset({"apply_async", "apply_async_on_commit", "send_task", "set", "signature", "subtask", "retry"})
_RETRY = frozenset({"exc", "throw", "max_retries"})
_OWN = frozenset({"args", "kwargs", "name", "options", "immutable", "app", "type", "subtask_type"})
"""What the methods that send or build signatures take besides options."""


# --- CEL204


@rule("CEL204")
def unknown_task_option(module: Module, project: Project) -> Iterator[Finding]:
    """Options of tasks that Celery takes for attributes: misspelt, of a call, or long gone."""
    for found in unknown_options(project):
        if found.scope.module is module:
            span = found.span if found.is_attribute else project.spot(module, found.span, found.option)
            yield Finding(span, found.message)


class Unknown:
    """An option without effect: `owner` is the task or class that has it, `meant` the option that it was meant for, ""
    where it is to be taken away or said elsewhere."""

    def __init__(self, task: Task, owner: str, option: str, value: object, scope: Scope, span: Span) -> None:
        self.task = task
        self.owner = owner
        self.option = option
        self.value = value
        self.scope = scope
        self.span = span
        self.is_attribute = scope.kind == "class"
        self.meant = ""
        self.message = self._message()

    def _message(self) -> str:
        option, owner = self.option, f"`{self.owner}`"
        if option in _REPLACEABLE:
            what = f"`{option}={self.value!r}` of {owner} takes the place of the method `{option}`"
            return f"{what}: calling it raises TypeError" if _is_plain(self.value) else ""
        if option in _READ:
            return ""
        if option in DISTINCT_OLD_OPTIONS:
            return f"`{option}` of {owner} has no effect: Celery no longer reads it"
        if option in NOT_OF_A_TASK and not self.is_attribute:
            return f"`{option}` of {owner} has no effect: it is an option of a call, not of the task"
        meant = TASK.get(option) or _SETTING_TO_OPTION.get(option) or nearest(option, _SPELT)
        if meant is None:
            return ""
        self.meant = meant
        return f"`{option}` of {owner} has no effect: Celery reads `{meant}` and takes any other name for an attribute"


def _is_plain(value: object) -> bool:
    """Whether a value is known, and known not to be callable; None is left to those who switch a method off."""
    return value is not UNKNOWN and isinstance(value, bool | int | float | str | list | tuple | dict)


@per_project
def unknown_options(project: Project) -> list[Unknown]:
    """The options of tasks, and attributes of their classes, that have no effect."""
    found = [u for task in project.tasks for u in _of_decorator(task) if u.message]
    found += [u for u in _of_classes(project) if u.message]
    if not found:
        return []
    read = project.attributes_read({u.option for u in found if u.option not in _REPLACEABLE})
    return [u for u in found if u.option not in read and not _is_declared(project, u)]


def _of_decorator(task: Task) -> Iterator[Unknown]:
    """What stands in the task's own decorator, or the call that makes it."""
    if task.cls is not None or not (task.app_known or task.complete):
        return
    parameters = {p.name for wrapper in task.wrappers for p in wrapper.params}
    for option, value in task.options.items():
        if option not in parameters and _is_here(task, value):
            yield Unknown(task, task.function.name, option, value.value, task.function, task.span)


def _is_here(task: Task, value: Value) -> bool:
    return value.origin == f"{task.module.path}:{task.span.line}"


def _of_classes(project: Project) -> Iterator[Unknown]:
    """The attributes of classes of tasks."""
    seen: set[int] = set()
    for task in project.tasks:
        cls, _ = project.base_class(task)
        queue = [cls] if cls is not None else []
        for here in queue:
            if id(here) in seen:
                continue
            seen.add(id(here))
            queue += [a.scope for a in project.names.ancestors(here) if a is not None and a.scope is not None]
            for assign in here.assigns:
                if isinstance(assign.target, Name) and assign.operator == "=" and assign.block < 0:
                    value = project.value(here, assign.value)
                    yield Unknown(task, here.name, assign.target.id, value, here, assign.span)


def _is_declared(project: Project, unknown: Unknown) -> bool:
    """Whether the task's class has an attribute of that name, or may have."""
    if unknown.is_attribute:
        return False
    cls, known = project.base_class(unknown.task)
    if cls is None:
        return not known
    ancestors = list(project.names.ancestors(cls))
    classes = [cls, *(a.scope for a in ancestors if a is not None and a.scope is not None)]
    return None in ancestors or any(
        c.assigned(unknown.option) or any(child.name == unknown.option for child in c.children) for c in classes
    )


# --- CEL506


@rule("CEL506")
def unknown_apply_async_option(module: Module, project: Project) -> Iterator[Finding]:
    """Options of calls that Celery sends along without reading them."""
    for scope, call in project.called(module, _CALLS):
        if all(k is None or k in CALL_OPTIONS or k in _OWN for k, _ in call.keywords):
            continue
        yield from _of_call(project, scope, call)


def _of_call(project: Project, scope: Scope, call: Call) -> Iterator[Finding]:
    candidates = {key: why for key, _ in call.keywords if key is not None and (why := _why(call, key))}
    if not candidates or call.keyword("stamped_headers") is not None:
        return
    known, task = _sent(project, scope, call)
    if not known or (task is not None and _overrides(project, task)):
        return
    parameters = {p.name for p in task.function.params} if task is not None else set()
    for key, why in candidates.items():
        if key not in parameters:
            yield Finding(project.spot(scope.module, call.span, key), f"`{key}` has no effect: {why}")


def _why(call: Call, key: str) -> str:
    """Why a keyword has no effect, "" where that is not known."""
    if key in CALL_OPTIONS or key in _OWN or (call.attr == "retry" and key in _RETRY):
        return ""
    if key in NOT_OF_A_CALL:
        return f"it is an option of the task, not of `{call.attr}`"
    meant = meant_option(key)
    return f"Celery reads `{meant}` and sends any other name along with the message" if meant else ""


def meant_option(key: str) -> str | None:
    """The option of a call that is meant by a name that is none."""
    return CALL.get(key) or nearest(key, _CALL_SPELT)


def _sent(project: Project, scope: Scope, call: Call) -> tuple[bool, Task | None]:
    """Whether a call is known to be Celery's, and the task that it is about."""
    base = getattr(call.func, "base", None)
    if base is None:
        return False, None
    if call.attr == "retry":
        task = project.task(scope, base)
        return task is not None, task
    if call.attr == "set":
        inner = scope.call(base)
        sent = project.dispatch(scope, inner) if inner is not None and inner.attr in SIGNATURE else None
        return sent is not None, sent.task if sent is not None else None
    sent = project.dispatch(scope, call)
    if sent is None:
        return False, None
    if sent.task is None and call.attr in ("send_task", "signature"):
        receiver = project.name(scope, base)
        return sent.name is not None and receiver is not None and "celery" in receiver.lower(), None
    return sent.task is not None or sent.name is not None, sent.task


def _overrides(project: Project, task: Task) -> bool:
    """Whether the task's class has a way of its own to send, or may have."""
    cls, known = project.base_class(task)
    if cls is None:
        return not known
    ancestors = list(project.names.ancestors(cls))
    classes = [cls, *(a.scope for a in ancestors if a is not None and a.scope is not None)]
    own = ("apply_async", "apply_async_on_commit", "retry", "signature", "subtask", "s")
    return None in ancestors or any(child.name in own for c in classes for child in c.children)

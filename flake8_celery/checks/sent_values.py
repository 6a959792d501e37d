"""Arguments that the serializer refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dispatch import SEND, Dispatch
from ..model import Attr, Call, CallRef, Finding, Module, Scope, Task
from ..objects import Objects
from ..rule import rule
from .places import name
from .returned_values import teaches_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_WORDS = frozenset(
    {"delay", "apply_async", "delay_on_commit", "apply_async_on_commit", "send_task", "s", "si", "signature", "subtask"}
)


@rule("CEL507")
def unserializable_argument(module: Module, project: Project) -> Iterator[Finding]:
    """Arguments that JSON refuses: values without a form in it, and objects of this process."""
    for scope, call, sent in project.sent_in(module):
        if call.attr not in _WORDS or not (sent.args or sent.kwargs):
            continue
        task = sent.task or (project.task_named(sent.name) if sent.name is not None else None)
        if (task is None and sent.name is None) or _is_on_signature(project, scope, call):
            continue
        pydantic = task is not None and project.option(task, "pydantic").truth(default=False) is not False
        values = Objects(project, sent.scope, pydantic)
        given = (*(sent.args or ()), *(value for _, value in sent.kwargs or ()))
        what = next((found for found in map(values.refused, given) if found is not None), None)
        if what is None or not _goes_as_json(project, task, sent) or _runs_in_place(scope, call):
            continue
        known = name(task) if task is not None else f"`{sent.name}`"
        yield Finding(call.span, f"{known} is passed {what}, which JSON refuses: {_outcome(sent)}")


def _is_on_signature(project: Project, scope: Scope, call: Call) -> bool:
    """Whether the call sends a signature: its arguments are looked at where it is built."""
    if call.attr not in SEND or not isinstance(call.func, Attr):
        return False
    return project.task(scope, call.func.base) is None


def _goes_as_json(project: Project, task: Task | None, sent: Dispatch) -> bool:
    given = sent.options.get("serializer")
    if given is not None and project.value(sent.scope, given) != "json":
        return False
    if task is not None and not project.sends_as_given(task):
        return False
    if given is None:
        value = project.option(task, "serializer") if task is not None else project.setting(None, "task_serializer")
        if value.is_set and value.value not in ("json", None):
            return False
        if value.state == "unknown" and project.apps:
            return False
    return not teaches_json(project)


def _runs_in_place(scope: Scope, call: Call) -> bool:
    """Whether a signature is called or applied where it is built: nothing is serialized then."""
    index = next((i for i, c in enumerate(scope.calls) if c is call), -1)
    built = CallRef(index)
    for other in scope.calls:
        if other.func == built:
            return True
        if isinstance(other.func, Attr) and other.func.attr == "apply" and other.func.base == built:
            return True
    return False


def _outcome(sent: Dispatch) -> str:
    return "nothing is sent (`EncodeError`)" if sent.sends else "it cannot be sent (`EncodeError`)"

"""Pickle: messages that are programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Finding, Module, Name
from ..per_project import per_project
from ..rule import rule
from .places import Places, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

PICKLE = frozenset({"pickle", "application/x-python-serialize"})
_ACCEPTING = {
    "accept_content": "whoever can write to the broker runs code in the workers",
    "result_accept_content": "whoever can write to the result backend runs code in what reads results",
}
_SERIALIZERS = frozenset({"event_serializer", "result_serializer", "task_serializer"})
_OLD_NAMES = {f"CELERY_{name.upper()}": name for name in (*_ACCEPTING, *_SERIALIZERS)}
_WRITTEN_AS_PICKLE = "what reads it has to accept pickle, and then runs the code of any message"


@rule("CEL805")
def pickle_accepted(module: Module, project: Project) -> Iterator[Finding]:
    """Settings that accept pickle, and settings, tasks and calls that write it."""
    seen: set[int] = set()
    for written in project.written_settings:
        if written.scope.module is module and written.name is not None:
            message = _setting(written.name, written.key, written.value)
            if message:
                span = project.spot(module, written.span, written.key)
                seen.add(span.line)
                yield Finding(span, message)
    for scope in module.scopes:
        if scope.kind != "function":
            # settings that are handed over in a way that is not understood: their names say enough
            for assign in scope.assigns:
                if isinstance(assign.target, Name) and assign.target.id in _OLD_NAMES and assign.span.line not in seen:
                    message = _setting(
                        _OLD_NAMES[assign.target.id], assign.target.id, project.value(scope, assign.value)
                    )
                    if message:
                        yield Finding(assign.span, message)
    for place in _tasks(project).of(module):
        verb = "is" if len(place.tasks) == 1 else "are"
        yield Finding(place.span, f"{names(place.tasks)} {verb} sent as pickle: {_WRITTEN_AS_PICKLE}")
    for scope, call, sent in project.sent_in(module):
        if "serializer" in sent.options and project.value(scope, sent.options["serializer"]) in PICKLE:
            name = sent.task.function.name if sent.task is not None else sent.name or "the task"
            yield Finding(call.span, f"`{name}` is sent as pickle: {_WRITTEN_AS_PICKLE}")


def _setting(name: str, key: str, value: object) -> str:
    """What to say of a setting, "" where it has nothing to do with pickle."""
    if name in _ACCEPTING and _accepts(value):
        return f"`{key}` accepts pickle: {_ACCEPTING[name]}"
    return (
        f"`{key}` is pickle: {_WRITTEN_AS_PICKLE}"
        if name in _SERIALIZERS and isinstance(value, str) and value in PICKLE
        else ""
    )


def _accepts(value: object) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return any(isinstance(item, str) and item in PICKLE for item in value)
    return isinstance(value, str) and value in PICKLE


@per_project
def _tasks(project: Project) -> Places:
    """Where tasks are told to be sent as pickle, the setting for all of them left out."""
    places = Places(project)
    for task in project.tasks:
        value = project.option(task, "serializer")
        if value.is_set and isinstance(value.value, str) and value.value in PICKLE:
            if value.origin != project.setting(task, "task_serializer").origin:
                places.add(task, value)
    return places

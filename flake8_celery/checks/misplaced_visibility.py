"""A visibility timeout in a place where no transport looks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Finding, Module
from ..per_project import per_project
from ..rule import rule
from .configuration import spelling
from .environments import is_elsewhere
from .visibility import DEFAULT_TIMEOUTS, has_visibility_timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project
    from ..settings import Written

_OPTION = "visibility_timeout"
_BACKEND = "result_backend_transport_options"
_BROKER = "broker_transport_options"
_NAMES = frozenset({_OPTION, f"broker_{_OPTION}", f"celery_{_OPTION}", f"celery_broker_{_OPTION}", f"redis_{_OPTION}"})
"""Keys that are meant for it, in lower case."""


@rule("CEL813")
def visibility_timeout_misplaced(module: Module, project: Project) -> Iterator[Finding]:
    """Visibility timeouts among the settings themselves or the options of the result backend, and not of the broker."""
    for written in misplaced(project):
        if written.scope.module is module:
            right = f"Celery looks for it in `{spelling(written, _BROKER)}` only"
            where = f"`{_OPTION}` in `{written.key}`" if written.name == _BACKEND else f"`{written.key}`"
            yield Finding(
                project.spot(module, written.span, written.key),
                f"{where} has no effect, messages are delivered again after the broker's default time: {right}",
            )


@per_project
def misplaced(project: Project) -> list[Written]:
    """The keys that hold a visibility timeout which the broker's options lack."""
    found = []
    for written in project.written_settings:
        if written.namespace is None or is_elsewhere(written.scope):
            continue
        given = written.value.get(_OPTION) if isinstance(written.value, dict) else None
        in_backend = written.name == _BACKEND and given not in (None, *DEFAULT_TIMEOUTS)
        alone = written.name is None and written.key.lower() in _NAMES
        if (in_backend or alone) and _is_missing(project, written):
            found.append(written)
    used = project.settings_used({w.key for w in found if w.name is None}) if found else frozenset()
    return [
        w
        for w in found
        if w.name is not None or (w.key not in used and not project.names_used(w.scope.module, [w.key]))
    ]


def _is_missing(project: Project, written: Written) -> bool:
    """Whether the broker has such a timeout, or may have, and is not told this one."""
    options = project.setting(written.app, _BROKER)
    if not (options.is_unset or (options.is_set and isinstance(options.value, dict) and _OPTION not in options.value)):
        return False
    return has_visibility_timeout(project, written.app)

"""Tasks that no worker ever gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import UNKNOWN, Finding, Module
from ..rule import rule
from .environments import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project
    from ..settings import Written

_SETTING = "task_always_eager"
_OUTCOME = "tasks run in the process that sends them, and no worker ever gets one"


@rule("CEL804")
def always_eager_in_production(module: Module, project: Project) -> Iterator[Finding]:
    """`task_always_eager = True` in what is no test or development configuration."""
    for written in project.written_settings:
        if written.scope.module is module and written.name == _SETTING and _is_on(project, written):
            yield Finding(
                project.spot(module, written.span, written.key),
                f"`{written.key}` is on: {_OUTCOME}",
            )
        elif written.scope.module is module and written.name == _SETTING:
            variable = _on_by_default(project, written)
            if variable is not None:
                yield Finding(
                    project.spot(module, written.span, written.key),
                    f"`{written.key}` is on unless `{variable}` is set, and no file of the project sets it: {_OUTCOME}",
                )


def _is_on(project: Project, written: Written) -> bool:
    """Whether the setting is plainly on, for every environment that can be told apart."""
    if written.value is not True or not written.literal or not _holds_everywhere(written):
        return False
    return project.setting(written.app, _SETTING).value is True


def _holds_everywhere(written: Written) -> bool:
    """Whether nothing around the setting says that it is for some environments only."""
    if written.conditional or is_elsewhere(written.scope):
        return False
    if written.scope.kind == "function" and written.scope is not written.app.scope:
        return False
    later = (i for i in written.scope.module.body.imports if i.name == "*" and i.span.line > written.span.line)
    # local settings may switch it off
    return written.kind not in ("object", "django") or not any(later)


def _on_by_default(project: Project, written: Written) -> str | None:
    """The environment variable that would switch the setting off, where it is on without it and nothing in the project
    knows the variable."""
    if written.value is not UNKNOWN or not _holds_everywhere(written):
        return None
    assign = next((a for a in written.scope.assigns if a.span == written.span), None)
    read = project.environment.read(written.scope, assign.value) if assign is not None else None
    if read is None or read.default is not True:
        return None
    # another settings module may have the last word
    if project.setting(written.app, _SETTING).origin != project.where(written.scope, written.span):
        return None
    return read.variable if not project.deployment_mentions(read.variable) else None

"""Times at which tasks are due or expire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Attr, Call, Expr, Finding, Module, Scope
from ..rule import rule

if TYPE_CHECKING:
    from ..project import Project

_OPTIONS = {"eta": "the task runs", "expires": "the message expires"}
_CALLS = frozenset({"apply_async", "apply_async_on_commit", "retry", "send_task", "set", "signature", "subtask"})


@rule("CEL520")
def naive_eta(module: Module, project: Project) -> Iterator[Finding]:
    """Local times without a time zone as `eta` or `expires`."""
    for scope, call in project.called(module, _CALLS):
        if not any(key in _OPTIONS for key, _ in call.keywords):
            continue
        if project.clock.is_utc:
            return
        for option, outcome in _OPTIONS.items():
            source = project.clock.naive(scope, call.keyword(option))
            if source is not None and _is_celery(project, scope, call):
                yield Finding(
                    project.spot(module, call.span, option),
                    f"`{option}` is a local time without a time zone (`{source}`), and Celery reads it as UTC: "
                    f"where the clock is not on UTC, {outcome} hours too early or too late",
                )


def _is_celery(project: Project, scope: Scope, call: Call) -> bool:
    if call.attr == "retry":
        return project.retry(scope, call) is not None
    if call.attr == "set":
        base: Expr | None = call.func.base if isinstance(call.func, Attr) else None
        return base is not None and project.canvas(scope, base, call.span).is_signature
    return project.dispatch(scope, call) is not None

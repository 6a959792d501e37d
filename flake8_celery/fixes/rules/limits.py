"""Time limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.limits import SECONDS, ignored, pools, swallowing, unlimited
from .. import Fix, fixer
from ..new_settings import add_settings

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...project import Project
    from .. import Context

_HARD, _SOFT = "time_limit", "soft_time_limit"


@fixer("CEL401")
def missing_time_limit(found: Diagnostic, context: Context) -> Fix | None:
    """Limit all tasks of the application, by a soft limit too where every task can do with one."""
    project = context.project
    here = unlimited(project)
    app = next((a for a, _, _ in here if a.module is context.module and a.call.span == found.span), None)
    if app is None or not _may_be_limited(project):
        return None
    limits = (_HARD, _SOFT) if _may_be_warned(project) else (_HARD,)
    values = {f"task_{limit}": str(s) for limit, s in zip((_HARD, _SOFT), SECONDS, strict=True) if limit in limits}
    added = add_settings(context, app, values)
    if added is None:
        return None
    path, edits = added
    shown = " and ".join(f"`{name}`" for name in values)
    return Fix(f"Set {shown}", edits, "unsafe", None if path == context.module.path else path)


def _may_be_limited(project: Project) -> bool:
    """Whether no task is known to need longer, or to run where a limit has no effect."""
    for task in project.tasks:
        soft = project.option(task, _SOFT)
        if not soft.is_unset and (soft.number is None or soft.number >= SECONDS[0]):
            return False
        if ignored(_HARD, pools(project, task)):
            return False
    return True


def _may_be_warned(project: Project) -> bool:
    """Whether a soft limit does no harm: every hard limit is longer, and no task would take it for something else."""
    for task in project.tasks:
        hard = project.option(task, _HARD)
        if not hard.is_unset and (hard.number is None or hard.number <= SECONDS[1]):
            return False
        if ignored(_SOFT, pools(project, task)) or any(True for _ in swallowing(project, task.function)):
            return False
    return True


# --- CEL403


@fixer("CEL403")
def soft_limit_not_below_hard(found: Diagnostic, context: Context) -> Fix | None:
    """Exchange two limits that stand in one place, or give the one that stands alone a companion that fits it."""
    text = context.text
    decorator = text.decorator(found.span)
    call = decorator.decorator if decorator is not None else text.node(found.span, cst.Call)
    if not isinstance(call, cst.Call):
        return None
    soft, hard = (text.argument(call, limit) for limit in (_SOFT, _HARD))
    numbers = [_seconds(arg) for arg in (soft, hard)]
    if soft is not None and hard is not None:
        if numbers[0] is None or numbers[1] is None:
            return None
        if numbers[0] == numbers[1]:
            lower = _before(numbers[1])
            return Fix(f"Set `{_SOFT}` to {lower}", (text.replace(soft.value, lower),), "unsafe")
        edits = (text.replace(soft.value, text.code(hard.value)), text.replace(hard.value, text.code(soft.value)))
        return Fix("Exchange the two limits", edits, "unsafe")
    if numbers[0] is not None and soft is not None:
        return _with_other(context, call, _HARD, _after(numbers[0]))
    if numbers[1] is not None and hard is not None:
        return _with_other(context, call, _SOFT, _before(numbers[1]))
    return None


def _with_other(context: Context, call: cst.Call, limit: str, seconds: str) -> Fix | None:
    if any(arg.star for arg in call.args):
        return None
    edit = context.text.add_argument(call, f"{limit}={seconds}")
    return Fix(f"Add `{limit}={seconds}`", (edit,), "unsafe")


def _seconds(arg: cst.Arg | None) -> int | None:
    return int(arg.value.value) if arg is not None and isinstance(arg.value, cst.Integer) else None


def _before(hard: int) -> str:
    """A soft limit that leaves a tenth of the time, and a second at least, to clean up."""
    return str(max(hard - max(hard // 10, 1), 1))


def _after(soft: int) -> str:
    return str(soft + max(soft // 10, 1))

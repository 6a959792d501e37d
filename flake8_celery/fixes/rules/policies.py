"""What a policy asks every task to say: its name, and that its result is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Fix, fixer
from ..declarations import declared, with_option

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Scope
    from .. import Context


@fixer("CEL901")
def implicit_name(found: Diagnostic, context: Context) -> Fix | None:
    """Write down the name that the task has. It is told by the folder that modules are imported from: where that is
    another one, the task is renamed. A name that got lost in a decorator is none to keep."""
    task = declared(context, found.span)
    if (
        task is None
        or not task.name
        or task.named_after is not None
        or (task.cls is not None and _is_base(context, task.cls))
    ):
        return None
    edit = with_option(context, task, "name", context.text.quoted(task.name))
    return Fix(f"Write down its name (`{task.name}`)", (edit,), "unsafe") if edit is not None else None


def _is_base(context: Context, cls: Scope) -> bool:
    """Whether another class may take the name of this one."""
    for module in context.project.modules:
        for other in module.classes:
            if other is not cls and any(
                base is not None and base.scope is cls for base in context.project.names.ancestors(other)
            ):
                return True
    return False


@fixer("CEL905")
def unused_result(found: Diagnostic, context: Context) -> Fix | None:
    """Ignore the result. What reads it outside of the project finds none any more."""
    task = declared(context, found.span)
    edit = with_option(context, task, "ignore_result", "True") if task is not None else None
    return Fix("Add `ignore_result=True`", (edit,), "unsafe") if edit is not None else None

"""Methods of tasks under names that are nearly right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.task_methods import misspelt_methods
from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from .. import Context


@fixer("CEL541")
def meant_method(found: Diagnostic, context: Context) -> Fix | None:
    """Call the method that is meant: the other one raises an error."""
    node = context.text.node(found.span, cst.Call)
    if node is None or not isinstance(node.func, cst.Attribute):
        return None
    for _, call, _, meant in misspelt_methods(context.module, context.project):
        if call.span == found.span and meant != "delay_on_commit":
            return Fix(f"Call `{meant}`", (context.text.replace(node.func.attr, meant),), "unsafe")
    return None

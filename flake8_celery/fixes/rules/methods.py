"""Methods that are made tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Edit
from .. import Fix, fixer
from ..declarations import declared

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from .. import Context


@fixer("CEL206")
def above_staticmethod(found: Diagnostic, context: Context) -> Fix | None:
    """Put `staticmethod` above the task decorator. A `classmethod` gets no class there either."""
    text, task = context.text, declared(context, found.span)
    outer = task.function.enclosing if task is not None else None
    if task is None or outer is None or task.decorator is None or task.function.kind != "function":
        return None
    decorators = task.function.decorators
    below = decorators[decorators.index(task.decorator) + 1 :]
    static = [d for d in below if context.project.name(outer, d.expr) == "builtins.staticmethod"]
    if len(static) != 1 or len(below) != 1:
        return None
    upper, lower = text.decorator(task.decorator.span), text.decorator(static[0].span)
    function = text.around(lower, cst.FunctionDef) if lower is not None else None
    if upper is None or lower is None or function is None or lower.leading_lines:
        return None
    line = text.place_of(lower).line
    start, end = text.offset(line, 0), text.offset(line + 1, 0)
    moved = text.source.text[start:end]
    above = text.insert(text.place_of(upper).line, 0, moved)
    return Fix("Put `staticmethod` on top", (above, Edit(text.span(start, end), "")))

"""Times without a time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from .. import Fix, fixer
from ..calls import call_at
from ..imports import bring

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit
    from .. import Context

_NOW = ("datetime.datetime.now", "datetime.datetime.today")


@fixer("CEL520")
def naive(found: Diagnostic, context: Context) -> Fix | None:
    """Take the time of the clock with its zone, where it is asked in the argument itself and a delay is added. A time
    that is written down, or whose hour is set, may be meant in the zone of whoever reads it."""
    text = context.text
    arg = text.node(found.span, cst.Arg)
    read = _clock_read(arg.value) if arg is not None else None
    here = call_at(context.module, text.place_of(read)) if read is not None else None
    if read is None or here is None or not isinstance(read.func, cst.Attribute):
        return None
    scope, call = here
    if context.project.name(scope, call.func) not in _NOW:
        return None
    brought = bring(text, "datetime", "timezone")
    edits: list[Edit] = []
    if brought is None:  # another `timezone`, such as Django's
        aware = f"{text.code(read)}.astimezone()"
        edits.append(text.insert_after(read, ".astimezone()"))
    else:
        aware = f"{text.code(read.func.value)}.now({brought.name}.utc)"
        edits += [text.replace(read, aware), *brought.edits]
    return Fix(f"Use `{aware}`", tuple(edits), "unsafe")


def _clock_read(value: cst.BaseExpression) -> cst.Call | None:
    """`datetime.now()` in a sum that begins with it."""
    while isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add | cst.Subtract):
        value = value.left
    return value if isinstance(value, cst.Call) and not value.args else None

"""Automatic retries for every exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from .. import Fix, fixer
from ..declarations import statement
from ..imports import bring, merged

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit, Span
    from .. import Context
    from ..text import Text

_SPARED = ("Reject", "SoftTimeLimitExceeded")
_OPTION = "dont_autoretry_for"


@fixer("CEL910")
def broad_autoretry(found: Diagnostic, context: Context) -> Fix | None:
    """Leave out what no retry can mend: a rejected message, and a task that was stopped for its time."""
    text, version = context.text, context.project.celery_version()
    if version is not None and version.is_before(5, 3):
        return None
    brought = [b for b in (bring(text, "celery.exceptions", name) for name in _SPARED) if b is not None]
    if len(brought) != len(_SPARED):
        return None
    edit = _with(text, _at(context, found.span), f"({', '.join(b.name for b in brought)})")
    if edit is None:
        return None
    return Fix(f"Leave out `{'` and `'.join(_SPARED)}`", (edit, *merged(text, *brought)), "unsafe")


def _at(context: Context, span: Span) -> Span:
    """Where the options stand: in a statement or decorator, or in the class of that name."""
    for node in context.text.nodes(cst.ClassDef):
        if context.text.place_of(node.name) == span:
            return context.text.place_of(node)
    return statement(context.text, span)


def _with(text: Text, span: Span, value: str) -> Edit | None:
    given = [a for a in text.nodes_in(span, cst.Arg) if a.keyword is not None]
    for arg in given:
        if arg.keyword is not None and arg.keyword.value == _OPTION:
            own = isinstance(arg.value, cst.Tuple) and arg.value.lpar
            return text.replace(arg.value, value[1:-1] if own else value)
    for arg in given:
        call = text.around(arg, cst.Call)
        if arg.keyword is not None and arg.keyword.value == "autoretry_for" and call is not None:
            return text.add_argument(call, f"{_OPTION}={value}")
    for assign in text.nodes_in(span, cst.Assign):
        line = text.around(assign, cst.SimpleStatementLine)
        if isinstance(target := assign.targets[0].target, cst.Name) and target.value == "autoretry_for":
            block = text.around(assign, cst.ClassDef)
            if block is not None and line is not None and text.own_lines(line):
                end = text.place_of(line).end_line
                indent = text.indent(text.place_of(line).line)
                return text.insert(end + 1, 0, f"{indent}{_OPTION} = {value}{text.source.newline}")
    return None

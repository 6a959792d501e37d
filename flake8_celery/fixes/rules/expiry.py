"""Periodic tasks whose messages wait without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.expiry import period
from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit
    from .. import Context
    from ..text import Text

_PART = 0.9
"""How much of its period a message may wait."""


@fixer("CEL902")
def never_expires(found: Diagnostic, context: Context) -> Fix | None:
    """Let messages expire a little before the next one is sent."""
    text, project = context.text, context.project
    entries = [e for e in project.schedule if e.path == context.module.path and e.span == found.span]
    rhythm = period(project, entries[0]) if len(entries) == 1 else None
    if rhythm is None:
        return None
    expires = rhythm.seconds * _PART
    seconds = f"{expires:.0f}" if expires >= 10 else f"{expires:.1f}".removesuffix(".0")
    node = next((n for n in text.all_nodes() if _is_at(text, n, found)), None)
    if node is None or entries[0].kind not in ("entry", "call"):
        return None
    edit = _in_call(text, node, seconds) if entries[0].kind == "call" else _in_entry(text, node, seconds)
    return Fix(f"Expire after {seconds} s", (edit,), "unsafe") if edit is not None else None


def _is_at(text: Text, node: cst.CSTNode, found: Diagnostic) -> bool:
    return isinstance(node, cst.BaseExpression) and text.place_of(node) == found.span


def _in_call(text: Text, node: cst.CSTNode, seconds: str) -> Edit | None:
    for call in (node, *text.parents(node)):
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute):
            if call.func.attr.value == "add_periodic_task":
                is_open = not any(arg.star for arg in call.args) and text.argument(call, "expires") is None
                return text.add_argument(call, f"expires={seconds}") if is_open else None
    return None


def _in_entry(text: Text, node: cst.CSTNode, seconds: str) -> Edit | None:
    """The option in the entry that names the task: among the options that it has, else as its last element."""
    parent = next(text.parents(node), None)
    if not isinstance(parent, cst.DictElement) or parent.value is not node:
        return None
    if not isinstance(parent.key, cst.SimpleString) or parent.key.evaluated_value != "task":
        return None  # an entry that takes its task from another one
    entry = text.around(parent, cst.Dict)
    if entry is None:
        return None
    quote = text.code(parent.key)[:1]
    name = f"{quote}expires{quote}: {seconds}"
    for element in entry.elements:
        if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
            return None
        if element.key.evaluated_value == "options":
            options = element.value
            if not isinstance(options, cst.Dict) or not all(isinstance(e, cst.DictElement) for e in options.elements):
                return None
            return text.add_element(options, name)
    return text.add_element(entry, f"{quote}options{quote}: {{{name}}}")

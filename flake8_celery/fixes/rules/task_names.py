"""Tasks that are named by a string."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.task_names import meant_task
from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit
    from .. import Context


@fixer("CEL508")
def sent_by_name(found: Diagnostic, context: Context) -> Fix | None:
    """Name the task that is surely meant, where the name stands in the call."""
    for _, call, sent in context.project.sent_in(context.module):
        if call.span == found.span and sent.name is not None:
            return _renamed(found, context, sent.name)
    return None


@fixer("CEL704")
def in_the_schedule(found: Diagnostic, context: Context) -> Fix | None:
    """Name the task that is surely meant, where the name stands in the entry."""
    for entry in context.project.schedule:
        if entry.path == context.module.path and entry.span == found.span and entry.task is not None:
            return _renamed(found, context, entry.task)
    return None


def _renamed(found: Diagnostic, context: Context, name: str) -> Fix | None:
    meant = meant_task(context.project, name)
    edit = _in_string(found, context, name, meant.name) if meant is not None else None
    if meant is None or edit is None:
        return None
    return Fix(f"Name the task `{meant.name}`", (edit,), "safe" if meant.is_sure else "unsafe")


def _in_string(found: Diagnostic, context: Context, name: str, meant: str) -> Edit | None:
    """The one string of the finding that is the name, changed."""
    text = context.text
    strings = [s for s in text.nodes_in(found.span, cst.SimpleString) if s.evaluated_value == name]
    if len(strings) != 1 or name not in text.code(strings[0]):
        return None
    return text.replace(strings[0], text.code(strings[0]).replace(name, meant))

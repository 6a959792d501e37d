"""The time after which a broker delivers a message again that nobody has acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.visibility import delayed_at, enough, running_too_long_at
from ...model import Span
from .. import Fix, fixer
from ..new_settings import add_settings

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit, Task, Value
    from .. import Context

_OPTIONS, _KEY = "broker_transport_options", "visibility_timeout"


@fixer("CEL411")
def delay_exceeds_visibility_timeout(found: Diagnostic, context: Context) -> Fix | None:
    """Raise the visibility timeout above every delay."""
    task = delayed_at(context.module, context.project, found.span)
    return _raised(context, task) if task is not None else None


@fixer("CEL807")
def limit_exceeds_visibility_timeout(found: Diagnostic, context: Context) -> Fix | None:
    """Raise the visibility timeout above every limit."""
    tasks = running_too_long_at(context.module, context.project, found.span)
    return _raised(context, tasks[0]) if tasks else None


def _raised(context: Context, task: Task) -> Fix | None:
    seconds = enough(context.project, task)
    apps = context.project.apps_of(task)
    if seconds is None or not apps:
        return None
    options = context.project.setting(task, _OPTIONS)
    if options.is_unset:
        added = add_settings(context, apps[0], {_OPTIONS: f'{{"{_KEY}": {seconds}}}'})
    else:
        added = _changed(context, options, seconds)
    if added is None:
        return None
    path, edits = added
    return Fix(f"Set `{_KEY}` to {seconds}", edits, "unsafe", None if path == context.module.path else path)


def _changed(context: Context, options: Value, seconds: int) -> tuple[str, tuple[Edit, ...]] | None:
    """The options that are there, with another timeout, or with one more key; where they are written out as a
    dictionary."""
    path, _, line = options.origin.rpartition(":")
    if not options.is_set or not path.endswith(".py") or not line.isdigit():
        return None
    text = context.text if path == context.module.path else context.other(path)
    whole = Span(int(line), 0, int(line), len(text.lines[int(line) - 1]))
    for node in text.nodes(cst.Dict):
        statement = text.around(node, cst.SimpleStatementLine)
        if statement is None or text.place_of(statement).line > whole.line or text.place_of(node).line < whole.line:
            continue
        for element in node.elements:
            if isinstance(element, cst.DictElement) and _is_key(element.key):
                return (path, (text.replace(element.value, str(seconds)),))
        last = node.elements[-1] if node.elements else None
        if (
            last is None
            or text.place_of(node).line != text.place_of(node).end_line
            or isinstance(last.comma, cst.Comma)
        ):
            return None
        return path, (text.insert_after(last.value, f', "{_KEY}": {seconds}'),)
    return None


def _is_key(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString) and node.evaluated_value == _KEY

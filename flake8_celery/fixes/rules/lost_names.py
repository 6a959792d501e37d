"""Names of tasks that are lost in a decorator, or given where Celery does not take one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Name
from ...source import SourceError
from .. import Fix, fixer
from ..imports import bring

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Scope
    from .. import Context


@fixer("CEL213")
def without_wraps(found: Diagnostic, context: Context) -> Fix | None:
    """Put `functools.wraps` on the inner function of the decorator, also where that stands in another file. Tasks that
    were registered under the inner name get their own."""
    tasks = context.project.tasks_of(context.module)
    inner = next((t.named_after for t in tasks if t.function.span == found.span), None)
    wrapped = _wrapped(inner) if inner is not None else None
    if inner is None or wrapped is None:
        return None
    path = inner.module.path
    try:
        text = context.text if path == context.module.path else context.other(path)
        node = next((n for n in text.nodes(cst.FunctionDef) if text.place_of(n.name) == inner.span), None)
        brought = bring(text, "functools", "wraps")
    except SourceError:
        return None
    edit = text.lines_before(node, f"@{brought.name}({wrapped})") if node is not None and brought is not None else None
    if edit is None or brought is None:
        return None
    return Fix("Use `functools.wraps`", (*brought.edits, edit), "unsafe", path)


def _wrapped(inner: Scope) -> str | None:
    """The parameter of the function around a decorator's inner function that the inner one calls."""
    outer = inner.enclosing
    if outer is None or outer.kind != "function" or inner.decorators:
        return None
    called = [p.name for p in outer.params if any(call.func == Name(p.name) for call in inner.calls)]
    if len(called) != 1 or inner.param(called[0]) is not None or any(s.assigned(called[0]) for s in (inner, outer)):
        return None
    return called[0]


@fixer("CEL219")
def positional_name(found: Diagnostic, context: Context) -> Fix | None:
    """Pass the name by keyword."""
    node = context.text.node(found.span, cst.Call)
    if node is None or not node.args:
        return None
    first, *others = node.args
    if any(arg.keyword is None or arg.keyword.value == "name" for arg in others):
        return None
    return Fix("Pass the name as `name=`", (context.text.insert_before(first, "name="),))

"""Tasks that are handed to the web framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Name
from .. import Fix, fixer
from ..calls import call_at
from .direct_calls import is_plain

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Expr, Scope
    from .. import Context

_ANNOTATED = frozenset({"builtins.bool", "builtins.float", "builtins.int", "builtins.str", "uuid.UUID"})


@fixer("CEL515")
def in_the_web_process(found: Diagnostic, context: Context) -> Fix | None:
    """Send a task that is added as a background task, with arguments that are sure to pass through a broker."""
    text, here = context.text, call_at(context.module, found.span)
    node = text.node(found.span, cst.Call)
    if here is None or node is None or not node.args:
        return None
    scope, call = here
    given = [*call.args[1:], *(value for _, value in call.keywords)]
    if call.attr != "add_task" or call.use != "statement" or call.has_spread or node.args[0].keyword is not None:
        return None
    task = context.project.task(scope, call.args[0])
    if task is None or not all(_is_plain(context, scope, expr) for expr in given):
        return None
    edits = (text.replace(node.func, f"{text.code(node.args[0])}.delay"), text.remove_argument(node, node.args[0]))
    return Fix("Send it with `delay`", edits, "unsafe")


def _is_plain(context: Context, scope: Scope, expr: Expr) -> bool:
    if is_plain(context, scope, expr):
        return True
    param = scope.param(expr.id) if isinstance(expr, Name) else None
    if param is None or param.annotation is None or scope.assigned(param.name):
        return False
    return context.project.name(scope, param.annotation) in _ANNOTATED

"""Tasks that are called like functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Attr, Const, Format, Name, Sub, dotted
from .. import Fix, fixer
from ..calls import call_at

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Expr, Scope
    from .. import Context

_TEXTS = ("request.GET", "request.POST", "self.request.GET", "self.request.POST")
_PLAIN = frozenset({"builtins.bool", "builtins.float", "builtins.int", "builtins.len", "builtins.str"})


@fixer("CEL908")
def called_like_a_function(found: Diagnostic, context: Context) -> Fix | None:
    """Send a task whose result nobody uses, with arguments that are sure to pass through a broker."""
    here = call_at(context.module, found.span)
    node = context.text.node(found.span, cst.Call)
    if here is None or node is None:
        return None
    scope, call = here
    given = [*call.args, *(value for _, value in call.keywords)]
    if call.use != "statement" or call.has_spread or not all(is_plain(context, scope, expr) for expr in given):
        return None
    if any(block.handlers for _, block in scope.around(call.block)):
        return None
    return Fix("Send it with `delay`", (context.text.insert_after(node.func, ".delay"),), "unsafe")


def is_plain(context: Context, scope: Scope, expr: Expr) -> bool:
    """Whether a value is surely a number, a text or the like: literals, and keys by their names."""
    match expr:
        case Const() | Format():
            return True
        case Attr(attr=last) | Name(id=last):
            return last.endswith("_id") or (isinstance(expr, Attr) and last in ("id", "pk"))
        case Sub(base=base):
            return dotted(base) in _TEXTS
    call = scope.call(expr)
    return call is not None and context.project.name(scope, call.func) in _PLAIN

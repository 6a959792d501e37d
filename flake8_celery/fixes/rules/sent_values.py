"""Arguments that JSON refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Attr, Comp, Dict, Edit, Items
from ...objects import Objects
from .. import Fix, fixer
from ..calls import call_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...diagnostics import Diagnostic
    from ...model import Call, Expr, Scope
    from .. import Context
    from ..text import Text

_LIKE_DELAY = frozenset({"delay", "delay_on_commit", "s", "si"})
_LIKE_APPLY = {"apply_async": 0, "apply_async_on_commit": 0, "signature": 0, "subtask": 0, "send_task": 1}
"""Where these take the arguments of the task, by position; its keyword arguments come next."""
_GATHERED = frozenset(
    f"builtins.{name}" for name in ("enumerate", "filter", "frozenset", "map", "range", "reversed", "set", "zip")
)
_VIEWS = frozenset({"keys", "values", "items"})

_Pair = tuple["Expr", cst.BaseExpression]


@fixer("CEL507")
def refused(found: Diagnostic, context: Context) -> Fix | None:
    """Send a list in the place of a set, a range or what is gone through once, and a path as text. What stands for a
    row, a request or an exception only the author of both sides can say."""
    text, here = context.text, call_at(context.module, found.span)
    node = text.node(found.span, cst.Call)
    if here is None or node is None:
        return None
    scope, call = here
    sent = context.project.dispatch(scope, call)
    if sent is None:
        return None
    values = Objects(context.project, scope, pydantic=True)
    edits: list[Edit] = []
    for expr, value in _leaves(_given(text, call, node)):
        if values.refused(expr) is None:
            continue
        made = _taken(context, scope, expr, value)
        if not made:
            return None
        edits += made
    return Fix("Send what JSON takes", tuple(edits), "unsafe") if edits else None


def _given(text: Text, call: Call, node: cst.Call) -> Iterator[_Pair]:
    """The arguments that the task gets, as facts and as text; nothing where they do not stand in the call."""
    if call.has_spread or len(node.args) != len(call.args) + len(call.keywords):
        return
    if call.attr in _LIKE_DELAY:
        positional = [a for a in node.args if a.keyword is None]
        yield from zip(call.args, (a.value for a in positional), strict=True)
        for arg in node.args:
            expr = call.keyword(arg.keyword.value) if arg.keyword is not None else None
            if expr is not None:
                yield expr, arg.value
    first = _LIKE_APPLY.get(call.attr or "")
    if first is not None:
        for position, name in enumerate(("args", "kwargs"), first):
            expr, given = call.argument(position, name), text.argument(node, name, position)
            if expr is not None and given is not None:
                yield expr, given.value


def _leaves(pairs: Iterator[_Pair]) -> Iterator[_Pair]:
    """The values within lists, tuples and dicts that are written out."""
    for expr, value in pairs:
        match expr, value:
            case Items(kind="list" | "tuple"), cst.List() | cst.Tuple() if len(expr.items) == len(value.elements):
                yield from _leaves(iter(list(zip(expr.items, (e.value for e in value.elements), strict=True))))
            case Dict(), cst.Dict() if len(expr.items) == len(value.elements):
                inner = [item for _, item in expr.items]
                yield from _leaves(iter(list(zip(inner, (e.value for e in value.elements), strict=True))))
            case _:
                yield expr, value


def _taken(context: Context, scope: Scope, expr: Expr, value: cst.BaseExpression) -> tuple[Edit, ...]:
    """The edits that make of a value what JSON takes; none where that cannot be said."""
    text = context.text
    values = Objects(context.project, scope, pydantic=True)
    match expr, value:
        case Items(), cst.Set():
            if any(values.refused(item) for item in expr.items):
                return ()
            return text.replace(value.lbrace, "["), text.replace(value.rbrace, "]")
        case Comp(), cst.GeneratorExp() | cst.SetComp():
            if values.refused(expr.element):
                return ()
            if isinstance(value, cst.GeneratorExp) and not value.lpar:
                return text.insert_before(value, "["), text.insert_after(value, "]")
            return _around(text, value, "list")
    call = scope.call(expr)
    if isinstance(value, cst.Call) and call is not None:
        gathers = context.project.name(scope, call.func) in _GATHERED
        if gathers or (isinstance(call.func, Attr) and call.attr in _VIEWS and not call.args):
            inner = {values.refused(arg) for arg in call.args if call.attr in ("set", "frozenset", "reversed")}
            return _around(text, value, "list") if inner <= {None, "a `set`", "a generator"} else ()
    return _around(text, value, "str") if values.refused(expr) == "a `Path`" else ()


def _around(text: Text, value: cst.BaseExpression, function: str) -> tuple[Edit, ...]:
    """A call of a builtin around a value."""
    if value.lpar:
        return (text.insert_before(value.lpar[0], function),)
    return text.insert_before(value, f"{function}("), text.insert_after(value, ")")

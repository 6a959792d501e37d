"""Signatures: steps that do not fit together, signatures that nobody sends, and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Attr, Name
from .. import Fix, fixer
from ..calls import call_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...canvas import Callback
    from ...diagnostics import Diagnostic
    from ...model import Bare, Edit, Expr, Scope, Span, Task
    from ...project import Project
    from .. import Context
    from ..text import Text

_ADDING = ("link", "link_error", "on_error")
_WHOLE = ("chain", "group", "chord")


# --- CEL509


@fixer("CEL509")
def does_not_fit(found: Diagnostic, context: Context) -> Fix | None:
    """Make a step immutable that takes no result, where its own arguments are all that it needs."""
    here = call_at(context.module, found.span)
    node = context.text.node(found.span, cst.Call)
    if here is None or node is None or here[1].attr != "s" or not isinstance(node.func, cst.Attribute):
        return None
    sent = context.project.dispatch(*here)
    parameters = context.project.parameters(sent.task) if sent is not None and sent.task is not None else None
    if sent is None or parameters is None or sent.args is None or sent.kwargs is None:
        return None
    if parameters.mismatch(len(sent.args), tuple(key for key, _ in sent.kwargs), complete=True) is not None:
        return None
    return Fix("Leave the result of the step before out", (context.text.replace(node.func.attr, "si"),), "unsafe")


# --- CEL511


@fixer("CEL511")
def never_sent(found: Diagnostic, context: Context) -> Fix | None:
    """Send what is built and dropped, and call what sends where nothing is missing."""
    text = context.text
    here = call_at(context.module, found.span)
    node = text.node(found.span, cst.Call)
    if here is not None and here[1].use == "statement" and node is not None:
        if here[1].attr in ("s", "si") and isinstance(node.func, cst.Attribute):
            return Fix("Send it with `delay`", (text.replace(node.func.attr, "delay"),), "unsafe")
        return Fix("Send it with `delay`", (text.insert_after(node, ".delay()"),), "unsafe")
    for scope in context.module.scopes:
        for bare in scope.bare:
            if bare.span == found.span:
                return _called(context, scope, bare)
    return None


def _called(context: Context, scope: Scope, bare: Bare) -> Fix | None:
    text, project = context.text, context.project
    operation = text.node(bare.span, cst.BinaryOperation)
    if operation is not None and not isinstance(bare.expr, Attr | Name):
        if operation.lpar:
            place = text.place_of(operation.rpar[0])
            return Fix("Send it with `delay`", (text.insert(place.end_line, place.end_column, ".delay()"),), "unsafe")
        edits = (text.insert_before(operation, "("), text.insert_after(operation, ").delay()"))
        return Fix("Send it with `delay`", edits, "unsafe")
    node = text.node(bare.span, cst.Attribute)
    if node is None or not isinstance(bare.expr, Attr):
        return None
    canvas = project.canvas(scope, bare.expr.base, bare.span)
    if canvas.kind == "bare" and not (canvas.task is not None and _fits(project, canvas.task, 0)):
        return None
    return Fix(f"Call `{bare.expr.attr}`", (text.insert_after(node, "()"),), "unsafe")


def _fits(project: Project, task: Task, count: int, keywords: tuple[str, ...] | None = ()) -> bool:
    """Whether a task is known to run with so many arguments."""
    parameters = project.parameters(task)
    return parameters is not None and parameters.mismatch(count, keywords, complete=True) is None


# --- CEL512


@fixer("CEL512")
def no_signature(found: Diagnostic, context: Context) -> Fix | None:
    """Make signatures of the tasks that stand where one has to stand, and call the methods that make them."""
    for canvas, _ in context.project.canvases(context.module):
        if canvas.span == found.span and canvas.kind in _WHOLE:
            edits = list(_parts(context, canvas.scope, found.span))
            if edits:
                return Fix("Make it a signature", tuple(edits))
    for callback in context.project.callbacks(context.module):
        if callback.canvas.span == found.span and callback.canvas.task is not None:
            edits = list(_callback(context, callback, found.span))
            return Fix("Make it a signature", tuple(edits)) if edits else None
    return None


def _parts(context: Context, scope: Scope, span: Span) -> Iterator[Edit]:
    """The parts of a chain, group or chord that are none yet."""
    call = context.text.node(span, cst.Call)
    kind = ""
    if call is not None and context.text.place_of(call) == span:
        kind = (context.project.name(scope, expression(call.func)) or "").rpartition(".")[2]
    if call is None or kind not in _WHOLE:
        operation = _operation(context.text, span)
        for number, part in enumerate(_operands(operation)) if operation is not None else ():
            yield from _signature(context, scope, part, follows=number > 0)
        return
    parts = [(number, arg, part) for number, arg in enumerate(call.args) for part in _elements(arg.value)]
    outer = next(context.text.parents(call), None)
    if kind == "chord" and isinstance(outer, cst.Call) and outer.func is call:
        parts += [(1, arg, arg.value) for arg in outer.args[:1]]
    for position, (number, arg, part) in enumerate(parts):
        if kind == "chord":
            is_body = number > 0 or (arg.keyword is not None and arg.keyword.value == "body")
            yield from _signature(context, scope, part, follows=is_body, methods_only=not is_body)
        else:
            yield from _signature(context, scope, part, follows=kind == "chain" and position > 0)


def _operation(text: Text, span: Span) -> cst.BinaryOperation | None:
    """The one `a | b` of the statement at a place."""
    kinds = (cst.Call, cst.BinaryOperation, cst.Name, cst.Attribute, cst.Return)
    node = next((node for kind in kinds if (node := text.node(span, kind)) is not None), None)
    statement = text.around(node, cst.SimpleStatementLine) if node is not None else None
    if statement is None:
        return None
    all_of_them = text.nodes_in(text.place_of(statement), cst.BinaryOperation)
    found = [o for o in all_of_them if isinstance(o.operator, cst.BitOr)]
    outermost = [o for o in found if not isinstance(next(text.parents(o), None), cst.BinaryOperation)]
    return outermost[0] if len(outermost) == 1 else None


def _callback(context: Context, callback: Callback, span: Span) -> Iterator[Edit]:
    call = context.text.node(span, cst.Call)
    if call is None or not isinstance(call.func, cst.Attribute):
        return
    scope, follows = callback.canvas.scope, callback.option == "link"
    if callback.canvas.kind == "sent":
        yield from _unsent(context, scope, call, follows=follows)
        return
    for arg in call.args:
        keyword = arg.keyword.value if arg.keyword is not None else None
        if keyword == callback.option or (keyword is None and call.func.attr.value in _ADDING):
            for part in _elements(arg.value):
                yield from _signature(context, scope, part, follows=follows)


def _elements(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    match value:
        case cst.List() | cst.Tuple():
            for element in value.elements:
                yield element.value
        case cst.GeneratorExp() | cst.ListComp():
            yield value.elt
        case _:
            yield value


def _operands(operation: cst.BinaryOperation) -> Iterator[cst.BaseExpression]:
    if isinstance(operation.left, cst.BinaryOperation):
        yield from _operands(operation.left)
    else:
        yield operation.left
    yield operation.right


def _signature(
    context: Context, scope: Scope, part: cst.BaseExpression, *, follows: bool, methods_only: bool = False
) -> Iterator[Edit]:
    """What makes a part a signature; `follows` tells that it gets a result before its own arguments."""
    text, project = context.text, context.project
    expr = expression(part)
    canvas = project.canvas(scope, expr, text.place_of(part))
    if canvas.task is None:
        return
    method = _method(project, canvas.task, 0, (), follows=follows)
    if canvas.kind == "bare" and not methods_only and method is not None:
        yield text.insert_after(part, f".{method}()")
    elif canvas.kind == "method" and isinstance(part, cst.Attribute) and part.attr.value in ("s", "si"):
        yield text.insert_after(part, "()")


def _method(project: Project, task: Task, count: int, keywords: tuple[str, ...] | None, *, follows: bool) -> str | None:
    """`s`, or `si` for what takes no result; None where neither fits."""
    if not follows or project.parameters(task) is None or _fits(project, task, count + 1, keywords):
        return "s"
    return "si" if _fits(project, task, count, keywords) else None


def _unsent(context: Context, scope: Scope, node: cst.Call, *, follows: bool) -> Iterator[Edit]:
    """The signature of what a callback is given the result of."""
    text, project = context.text, context.project
    here = call_at(scope.module, text.place_of(node))
    sent = project.dispatch(*here) if here is not None else None
    if here is None or sent is None or sent.task is None or sent.args is None or sent.kwargs is None or sent.options:
        return
    if not isinstance(here[1].func, Attr) or project.task(scope, here[1].func.base) is not sent.task:
        return
    keywords = tuple(key for key, _ in sent.kwargs)
    method = _method(project, sent.task, len(sent.args), keywords, follows=follows)
    if method is None or not isinstance(node.func, cst.Attribute):
        return
    if sent.method == "delay":
        yield text.replace(node.func.attr, method)
    elif sent.method == "apply_async":
        yield text.replace(node.func.attr, "signature")
        if method == "si":
            yield text.add_argument(node, "immutable=True")


def expression(node: cst.CSTNode) -> Expr:
    """A name or attribute as the facts hold it; of anything else a name that nothing has."""
    match node:
        case cst.Name():
            return Name(node.value)
        case cst.Attribute():
            return Attr(expression(node.value), node.attr.value)
    return Name("")

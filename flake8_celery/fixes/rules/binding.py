"""Tasks and their argument `self`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Edit
from .. import Fix, fixer
from ..declarations import declared, option, own_decorator

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from .. import Context
    from ..text import Text


@fixer("CEL202")
def bind_without_self(found: Diagnostic, context: Context) -> Fix | None:
    """Give the bound task a first parameter for itself: callers' arguments go to their own parameters again."""
    text = context.text
    decorator = text.decorator(found.span)
    function = text.around(decorator, cst.FunctionDef) if decorator is not None else None
    if function is None:
        return None
    edit = _with_self(text, function)
    return Fix("Take the task as `self`", (edit,), "unsafe") if edit is not None else None


def _with_self(text: Text, function: cst.FunctionDef) -> Edit | None:
    """`self` as the first parameter."""
    name = text.place_of(function.name)
    opening = text.source.text.index("(", text.offset(name.end_line, name.end_column))
    line, column = text.place(opening + 1)
    params = [n for n in text.nodes(cst.Param) if next(text.parents(next(text.parents(n))), None) is function]
    first = min(((text.place_of(p).line, text.place_of(p).column) for p in params), default=None)
    rest = text.lines[line - 1][column:].strip()
    if first is None:
        return text.insert(line, column, "self") if rest.startswith(")") else None
    if rest:
        return text.insert(line, column, "self, ") if not rest.startswith("#") else None
    indent = text.indent(line + 1)
    return text.insert(line + 1, 0, f"{indent}self,{text.source.newline}")


@fixer("CEL920")
def unused_bind(found: Diagnostic, context: Context) -> Fix | None:
    """Take `bind=True` and the parameter that nothing uses away together."""
    text, task = context.text, declared(context, found.span)
    decorator = own_decorator(context, task) if task is not None else None
    if task is None or decorator is None or not task.bound:
        return None
    bind, function = option(text, decorator, "bind"), text.around(decorator, cst.FunctionDef)
    if function is None or bind is None or not isinstance(bind.value, cst.Name) or bind.value.value != "True":
        return None
    params = function.params.posonly_params or function.params.params
    if not params or params[0].name.value != task.function.params[0].name or params[0].default is not None:
        return None
    first, second = text.remove_decorator_argument(decorator, bind), _without_first(text, function, params[0])
    return Fix("Take `bind=True` and the parameter away", (first, second), "unsafe") if first and second else None


def _without_first(text: Text, function: cst.FunctionDef, param: cst.Param) -> Edit | None:
    """A function without its first parameter, with the line where that has one of its own."""
    place = text.place_of(param)
    if function.params.posonly_params and len(function.params.posonly_params) == 1:
        return None  # what is left must not begin with the `/`
    start, end = text.offset(place.line, place.column), text.offset(place.end_line, place.end_column)
    if isinstance(param.comma, cst.Comma):
        comma = text.place_of(param.comma)
        end = text.offset(comma.end_line, comma.end_column)
        rest = text.source.text[end:]
        blank = len(rest) - len(rest.lstrip(" \t"))
        newline = text.source.newline
        if rest[blank:].startswith(newline) and not text.lines[place.line - 1][: place.column].strip():
            return Edit(text.span(text.offset(place.line, 0), end + blank + len(newline)), "")
        if rest[blank:].startswith(("#", newline)):
            return None
        end += blank
    return Edit(text.span(start, end), "")


@fixer("CEL203")
def self_without_bind(found: Diagnostic, context: Context) -> Fix | None:
    """Bind the task that takes `self`. One that only uses it needs a parameter too, which the author has to name."""
    text = context.text
    decorator = text.decorator(found.span)
    function = text.around(decorator, cst.FunctionDef) if decorator is not None else None
    if decorator is None or function is None:
        return None
    params = function.params.posonly_params or function.params.params
    if not params or params[0].name.value != "self":
        return None
    given = text.argument(decorator.decorator, "bind") if isinstance(decorator.decorator, cst.Call) else None
    edit = text.replace(given.value, "True") if given else text.add_decorator_argument(decorator, "bind=True")
    return Fix("Add `bind=True`", (edit,)) if edit is not None else None

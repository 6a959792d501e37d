"""Pickle: messages that are programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.pickle import PICKLE, pickle_accepted
from ...model import Edit
from ...source import Suppressions
from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Span
    from .. import Context
    from ..text import Text


@fixer("CEL805")
def pickle(found: Diagnostic, context: Context) -> Fix | None:
    """Write JSON, and do not accept pickle: all that the file says of it at once, since what one place writes another
    has to accept. What waits in the queues as pickle is thrown away, and what JSON does not hold can no longer be sent.
    """
    text = context.text
    suppressions = Suppressions(text.source.text)
    edits = []
    for finding in pickle_accepted(context.module, context.project):
        value = _value(text, finding.span)
        edit = _without_pickle(text, value) if value is not None else None
        if edit is None or suppressions.suppressed(finding.span.line, found.code):
            return None
        edits.append(edit)
    return Fix("Use JSON", tuple(dict.fromkeys(edits)), "unsafe")


def _value(text: Text, span: Span) -> cst.BaseExpression | None:
    """What a setting or option is set to, of which the key, the target, the decorator, the call or the class is at a
    place."""
    named = next((n for n in text.nodes(cst.ClassDef) if text.place_of(n.name) == span), None)
    call = text.node(span, cst.Call)
    decorator = text.decorator(span)
    if decorator is not None and isinstance(decorator.decorator, cst.Call):
        call = decorator.decorator
    if call is not None and (decorator is not None or text.place_of(call) == span):
        arg = text.argument(call, "serializer")
        return arg.value if arg is not None else None
    if named is not None:
        for assign in text.nodes_in(text.place_of(named), cst.Assign):
            target = assign.targets[0].target
            if isinstance(target, cst.Name) and target.value == "serializer":
                return assign.value
        return None
    for node in text.all_nodes():
        if text.place_of(node) == span:
            parent = next(text.parents(node), None)
            match parent:
                case cst.Arg() if parent.keyword is node:
                    return parent.value
                case cst.DictElement() if parent.key is node:
                    return parent.value
                case cst.AssignTarget():
                    around = text.around(parent, cst.Assign)
                    return around.value if around is not None and len(around.targets) == 1 else None
                case cst.AnnAssign() if parent.target is node:
                    return parent.value
    return None


def _without_pickle(text: Text, value: cst.BaseExpression) -> Edit | None:
    match value:
        case cst.SimpleString() if value.evaluated_value in PICKLE:
            return text.replace(value, f"{value.quote}json{value.quote}")
        case cst.List() | cst.Tuple() | cst.Set():
            return _accepted(text, value)
    return None


def _accepted(text: Text, value: cst.List | cst.Tuple | cst.Set) -> Edit | None:
    """The formats without pickle, in the layout that they have; JSON where none is left."""
    given = list(value.elements)
    pickled = [e for e in given if isinstance(e.value, cst.SimpleString) and e.value.evaluated_value in PICKLE]
    place = text.place_of(value)
    if not pickled or text.nodes_in(place, cst.Comment):
        return None
    left = [text.code(e.value) for e in given if e not in pickled]
    first = pickled[0].value
    assert isinstance(first, cst.SimpleString)
    if not left:
        if len(given) > 1:
            return None
        return text.replace(first, f"{first.quote}json{first.quote}")
    if place.line == place.end_line:
        inner = ", ".join(left) + ("," if isinstance(value, cst.Tuple) and len(left) == 1 else "")
        begin, end = text.place_of(given[0].value), text.place_of(given[-1].value)
        last = text.offset(end.end_line, end.end_column)
        comma = given[-1].comma
        if isinstance(comma, cst.Comma):
            last = text.offset(text.place_of(comma).end_line, text.place_of(comma).end_column)
        return Edit(text.span(text.offset(begin.line, begin.column), last), inner)
    here = text.place_of(first)
    alone = text.lines[here.line - 1].strip().rstrip(",") == text.code(first)
    if len(pickled) > 1 or not alone or here.line == place.line or here.end_line >= len(text.lines):
        return None
    return Edit(text.span(text.offset(here.line, 0), text.offset(here.line + 1, 0)), "")

"""Task decorators below others, and tasks that are coroutine functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Edit, Name
from .. import Fix, fixer
from ..declarations import declared, own_decorator
from ..imports import bring_module, is_bound

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Decorator, Scope
    from .. import Context
    from ..text import Text

_KEEPING = frozenset(
    {
        *("backoff.on_exception", "backoff.on_predicate", "django.db.transaction.atomic", "retrying.retry"),
        *("stamina.retry", "tenacity.retry"),
    }
)
"""Decorators that leave a function its name, and pass on all that it is called with."""


# --- CEL205


@fixer("CEL205")
def task_decorator_below(found: Diagnostic, context: Context) -> Fix | None:
    """Put the task decorator on top, where all that are above it keep the function's name and arguments. The worker
    runs them from then on."""
    text, task = context.text, declared(context, found.span)
    decorator = text.decorator(task.decorator.span) if task is not None and task.decorator is not None else None
    if task is None or task.decorator is None or decorator is None:
        return None
    function, outer = text.around(decorator, cst.FunctionDef), task.function.enclosing
    if function is None or outer is None or any(d.leading_lines for d in function.decorators):
        return None
    above = task.function.decorators[: task.function.decorators.index(task.decorator)]
    if not all(_keeps(context, outer, d) for d in above) or any(
        line.comment for line in function.lines_after_decorators
    ):
        return None
    place = text.place_of(decorator)
    first = text.place_of(function.decorators[0]).line
    start, end = text.offset(place.line, 0), text.offset(place.end_line + 1, 0)
    moved = text.source.text[start:end]
    return Fix(
        "Put the task decorator on top", (text.insert(first, 0, moved), Edit(text.span(start, end), "")), "unsafe"
    )


def _keeps(context: Context, outer: Scope, decorator: Decorator) -> bool:
    project = context.project
    call = outer.call(decorator.expr)
    made_by = call.func if call is not None else decorator.expr
    if project.name(outer, made_by) in _KEEPING:
        return True
    own = project.function(outer, made_by)
    for _ in range(1 + (call is not None)):
        if own is None:
            return False
        returned = [r.value for r in own.returns]
        inner = [c for c in own.children if c.kind == "function" and Name(c.name) in returned]
        own = inner[0] if len(inner) == 1 else None
    if own is None or not any(p.kind == "var-positional" for p in own.params):
        return False
    around = own.enclosing
    calls = [around.call(d.expr) for d in own.decorators] if around is not None else []
    return any(
        c is not None and around is not None and project.name(around, c.func) == "functools.wraps" for c in calls
    )


# --- CEL201


@fixer("CEL201")
def coroutine_function(found: Diagnostic, context: Context) -> Fix | None:
    """Make the task a plain function that runs the coroutine function, which keeps its body under another name."""
    text = context.text
    task = next((t for t in context.project.tasks_of(context.module) if t.function.span == found.span), None)
    if task is None or not task.function.is_async or task.function.is_generator or task.cls is not None:
        return None
    decorator = own_decorator(context, task)
    function = text.around(decorator, cst.FunctionDef) if decorator is not None else None
    if decorator is None or function is None or function not in text.tree.body or len(function.decorators) != 1:
        return None
    name = function.name.value
    inner, arguments = f"_{name}", _passed_on(function.params)
    if is_bound(text, inner) or context.project.callers(task.function):
        return None
    brought = bring_module(text, "asyncio")
    if brought is None or not text.own_lines(decorator):
        return None
    place = text.place_of(decorator)
    first, last = text.offset(place.line, 0), text.offset(place.end_line + 1, 0)
    signature = _signature(text, function)
    newline = text.source.newline
    if signature is None:
        return None
    decorated = text.source.text[first:last].rstrip("\r\n")
    added = [
        *("", "", decorated, f"def {name}{signature}:"),
        f"{text.indent_unit}return {brought.name}.run({inner}({arguments}))",
    ]
    end = _last_line(text, function)
    if end < len(text.lines):
        below = text.insert(end + 1, 0, newline.join([*added, ""]))
    else:  # the file ends without a newline
        below = text.insert(end, len(text.lines[end - 1]), newline.join(["", *added]))
    return Fix(
        "Run the coroutine function in a plain one",
        (
            Edit(text.span(first, last), ""),
            text.replace(function.name, inner),
            below,
            *brought.edits,
        ),
        "unsafe",
    )


def _last_line(text: Text, function: cst.FunctionDef) -> int:
    """The line in which the last statement of a function ends."""
    return max(text.place_of(n).end_line for n in text.nodes_in(text.place_of(function), cst.SimpleStatementLine))


def _signature(text: Text, function: cst.FunctionDef) -> str | None:
    """The parameters and what is returned, from the bracket to before the colon."""
    if function.type_parameters is not None or not isinstance(function.body, cst.IndentedBlock):
        return None
    name, first = text.place_of(function.name), text.place_of(function.body.body[0])
    start = text.offset(name.end_line, name.end_column)
    header = text.source.text[start : text.offset(first.line, first.column)]
    params = [text.place_of(n) for n in text.nodes_in(text.place_of(function.params), cst.Param)]
    at = max((text.offset(p.end_line, p.end_column) for p in params), default=start) - start
    if function.returns is not None:
        place = text.place_of(function.returns)
        at = text.offset(place.end_line, place.end_column) - start
    colon = header.find(":", at)
    signature = header[:colon]
    return signature if colon >= 0 and "#" not in header[at:colon] else None


def _passed_on(params: cst.Parameters) -> str:
    """The arguments that hand every parameter on."""
    given = [p.name.value for p in (*params.posonly_params, *params.params)]
    if isinstance(params.star_arg, cst.Param):
        given.append(f"*{params.star_arg.name.value}")
    given += [f"{p.name.value}={p.name.value}" for p in params.kwonly_params]
    if params.star_kwarg is not None:
        given.append(f"**{params.star_kwarg.name.value}")
    return ", ".join(given)

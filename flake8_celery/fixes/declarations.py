"""Where a task is declared: its decorator or its class, and the options that are written there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from ..model import Edit, Scope, Span, Task
    from . import Context
    from .text import Text


def declared(context: Context, span: Span) -> Task | None:
    """The task that is declared at a place."""
    return next((t for t in context.project.tasks_of(context.module) if t.span == span), None)


def own_decorator(context: Context, task: Task) -> cst.Decorator | None:
    """The decorator of a task that takes Celery's options: none of the project's own functions, which may take
    others."""
    outer = task.function.enclosing
    if task.decorator is None or outer is None or task.function.module is not context.module or not task.complete:
        return None
    call = outer.call(task.decorator.expr)
    made_by = call.func if call is not None else task.decorator.expr
    project = context.project
    if project.function(outer, made_by) is not None or project.name(outer, made_by) in project.config.task_decorators:
        return None
    decorator = context.text.decorator(task.decorator.span)
    return decorator if decorator is not None and context.text.around(decorator, cst.FunctionDef) else None


def option(text: Text, decorator: cst.Decorator, name: str) -> cst.Arg | None:
    """An option as it is written in a decorator."""
    call = decorator.decorator
    return text.argument(call, name) if isinstance(call, cst.Call) else None


def with_option(context: Context, task: Task, name: str, value: str) -> Edit | None:
    """The edit that sets an option of a task where it is declared, in the place of what it is set to there."""
    text = context.text
    if task.cls is not None:
        if any(child.name == name for child in task.cls.children) or task.cls.module is not context.module:
            return None
        given_at = task.cls.assigned(name)
        return class_attribute(text, task.cls, name, value) if not given_at else None
    decorator = own_decorator(context, task)
    if decorator is None:
        return None
    given = option(text, decorator, name)
    if given is not None:
        return text.replace(given.value, value)
    return text.add_decorator_argument(decorator, f"{name}={value}")


def class_attribute(text: Text, scope: Scope, name: str, value: str) -> Edit | None:
    """The edit that sets an attribute at the head of a class; None where its body is in the line of its name."""
    node = next((n for n in text.nodes(cst.ClassDef) if text.place_of(n.name) == scope.span), None)
    if node is None or not isinstance(node.body, cst.IndentedBlock):
        return None
    first, line = node.body.body[0], f"{name} = {value}"
    newline = text.source.newline
    match first:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()), *_]):
            if not text.own_lines(first):
                return None
            place = text.place_of(first)
            end = place.end_line
            indent = text.indent(place.line)
            if end >= len(text.lines):
                return text.insert(end, len(text.lines[end - 1]), f"{newline}{newline}{indent}{line}")
            return text.insert(end + 1, 0, f"{newline}{indent}{line}{newline}")
        case cst.FunctionDef() | cst.ClassDef():
            return text.lines_before(first, line, "")
    return text.lines_before(first, line)


def statement(text: Text, span: Span) -> Span:
    """Where the statement, or the decorator, that a place belongs to stands."""
    at = (span.line, span.column)
    around: list[Span] = []
    for node in text.all_nodes():
        if isinstance(node, cst.SimpleStatementLine | cst.Decorator):
            place = text.place_of(node)
            if (place.line, place.column) <= at < (place.end_line, place.end_column):
                around.append(place)
    return max(around, key=lambda p: (p.line, p.column)) if around else span

"""Event loops in tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.async_code import loop_calls
from ...model import Edit
from .. import Fix, fixer
from ..elsewhere import may_be_used_elsewhere
from ..imports import imported

if TYPE_CHECKING:
    from ...checks.async_code import LoopCall
    from ...diagnostics import Diagnostic
    from ...project import Project
    from .. import Context
    from ..text import Text


@fixer("CEL405")
def get_event_loop_in_task(found: Diagnostic, context: Context) -> Fix | None:
    """Run the coroutine by `asyncio.run()`, where the loop is asked for to run one of the project's own and is used for
    nothing else."""
    here = [place for place in loop_calls(context.project, context.module) if place.span == found.span]
    if len(here) != 1:
        return None
    path = here[0].scope.module.path
    text = context.text if path == context.module.path else context.other(path)
    call = text.node(here[0].call.span, cst.Call)
    if call is None or text.place_of(call) != here[0].call.span:
        return None
    gone: list[Edit] = []
    runner = _runs(text, call)
    if runner is None:
        kept = _kept(text, call)
        removed = text.remove_statement(kept[0]) if kept is not None else None
        if kept is None or removed is None:
            return None
        gone, runner = [removed], _runs(text, kept[1])
    run = imported(text, "asyncio", "run")
    if runner is None or run is None or not _runs_coroutine(context.project, here[0], text, runner):
        return None
    edits = (*gone, text.replace(runner.func, run))
    return Fix("Use `asyncio.run()`", edits, "unsafe", None if path == context.module.path else path)


def _runs(text: Text, loop: cst.BaseExpression) -> cst.Call | None:
    """The call `loop.run_until_complete(...)` of a loop, if that is what is done with it."""
    attribute = next(text.parents(loop), None)
    if not isinstance(attribute, cst.Attribute) or attribute.attr.value != "run_until_complete":
        return None
    call = next(text.parents(attribute), None)
    if not isinstance(call, cst.Call) or call.func is not attribute or len(call.args) != 1:
        return None
    return call if call.args[0].keyword is None and not call.args[0].star else None


def _kept(text: Text, call: cst.Call) -> tuple[cst.Assign, cst.Name] | None:
    """The assignment of the loop to a local variable, and the only use of it."""
    assign = next(text.parents(call), None)
    function = text.around(call, cst.FunctionDef)
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1 or function is None:
        return None
    target = assign.targets[0].target
    if not isinstance(target, cst.Name):
        return None
    uses = [n for n in text.nodes_in(text.place_of(function), cst.Name) if n.value == target.value and n is not target]
    return (assign, uses[0]) if len(uses) == 1 else None


def _runs_coroutine(project: Project, place: LoopCall, text: Text, runner: cst.Call) -> bool:
    """Whether a loop is given a coroutine of the project's: `asyncio.run()` takes no future."""
    scope = place.scope
    given = next((c.args[0] for c in scope.calls if c.span == text.place_of(runner) and c.args), None)
    made = scope.call(given)
    function = project.function(scope, made.func) if made is not None else None
    return function is not None and function.is_async and not function.is_generator and not function.decorators


# --- CEL404

_MANAGERS = frozenset({"httpx.AsyncClient", "aiohttp.ClientSession"})


@fixer("CEL404")
def async_client_in_task(found: Diagnostic, context: Context) -> Fix | None:
    """Make the client where it is used, by `async with`: in each coroutine function, of this file only, that uses one
    made at import; from where it is made to the end of the coroutine function that never closes it."""
    text, project = context.text, context.project
    assign = text.node(found.span, cst.Assign)
    if assign is None:
        call = text.node(found.span, cst.Call)
        assign = text.around(call, cst.Assign) if call is not None else None
    made = assign.value if assign is not None else None
    if assign is None or not isinstance(made, cst.Call) or len(assign.targets) != 1:
        return None
    fact = next(((s, c) for s in context.module.scopes for c in s.calls if c.span == text.place_of(made)), None)
    if fact is None or project.name(fact[0], fact[1].func) not in _MANAGERS:
        return None
    statement = text.around(made, cst.SimpleStatementLine)
    if statement is None:
        return None
    target = assign.targets[0].target
    place = text.place_of(statement)
    if not isinstance(target, cst.Name) or len(statement.body) != 1 or place.line != place.end_line:
        return None
    if text.lines[place.line - 1][text.place_of(assign).end_column :].strip():
        return None
    around = text.around(statement, cst.FunctionDef)
    uses = _uses(text, target, around)
    if uses is None:
        return None
    functions = {id(function): function for function in uses}
    if around is None:
        if statement not in text.tree.body or may_be_used_elsewhere(context, target.value):
            return None
    elif list(functions) != [id(around)] or statement not in around.body.body:
        return None
    edits: list[Edit] = [_without_line(text, place.line)] if around is None else []
    for function in functions.values():
        wrapped = _within(text, function, target.value, made, statement if around is not None else None)
        if wrapped is None:
            return None
        edits.append(wrapped)
    return Fix("Make the client by `async with`", tuple(edits), "unsafe") if functions else None


def _uses(text: Text, target: cst.Name, around: cst.FunctionDef | None) -> list[cst.FunctionDef] | None:
    """The coroutine functions that call methods of what has that name; None where it may be used in another way."""
    found = []
    for node in text.nodes(cst.Name) if around is None else text.nodes_in(text.place_of(around), cst.Name):
        if node.value != target.value or node is target:
            continue
        parent, *above = text.parents(node)
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            continue
        if isinstance(parent, cst.Arg) and parent.keyword is node:
            continue
        calls = isinstance(parent, cst.Attribute) and isinstance(above[0], cst.Call) and above[0].func is parent
        function = text.around(node, cst.FunctionDef)
        inner = text.around(node, cst.Lambda)
        if not calls or "close" in parent.attr.value or function is None or function.asynchronous is None:  # type: ignore[attr-defined]
            return None
        if inner is not None and text.around(inner, cst.FunctionDef) is function:
            return None
        found.append(function)
    return found


def _within(
    text: Text, function: cst.FunctionDef, name: str, made: cst.Call, after: cst.SimpleStatementLine | None
) -> Edit | None:
    """The rest of a coroutine function put into an `async with`: from where it uses the client first, or from behind
    the statement that makes it. None where a text goes over several lines, or the rest is no simple code."""
    body = function.body
    whole = text.place_of(function)
    if not isinstance(body, cst.IndentedBlock) or text.nodes_in(whole, cst.Yield):
        return None
    if after is None:
        free = {name, *(n.value for n in text.nodes_in(text.place_of(made), cst.Name))}
        bound = {param.name.value for param in text.nodes_in(whole, cst.Param)}
        bound |= {t.target.value for t in text.nodes_in(whole, cst.AssignTarget) if isinstance(t.target, cst.Name)}
        if free & bound:
            return None
    statements = list(body.body)
    first = next((i for i, s in enumerate(statements) if s is after or (after is None and _has(text, s, name))), None)
    rest = statements[first + (after is not None) :] if first is not None else []
    if not rest or any(isinstance(s, cst.FunctionDef | cst.ClassDef) for s in rest):
        return None
    last = max(text.place_of(n).end_line for s in rest for n in _simple(text, s))
    begin = text.place_of(after).line if after is not None else _first_line(text, rest[0])
    span = text.span(text.offset(begin, 0), text.offset(last, len(text.lines[last - 1])))
    strings = [*text.nodes_in(span, cst.SimpleString), *text.nodes_in(span, cst.FormattedString)]
    if any(text.place_of(s).line != text.place_of(s).end_line for s in strings):
        return None
    inside = text.lines[begin - (after is None) : last]
    while not inside[0].strip():
        inside = inside[1:]
    opening = f"{text.indent(begin)}async with {text.code(made)} as {name}:"
    indented = [f"{text.indent_unit}{line}" if line.strip() else line for line in inside]
    return Edit(span, text.source.newline.join([opening, *indented]))


def _has(text: Text, node: cst.CSTNode, name: str) -> bool:
    return any(n.value == name for n in text.nodes_in(text.place_of(node), cst.Name))


def _simple(text: Text, node: cst.CSTNode) -> list[cst.CSTNode]:
    """The lines of simple statements in a statement."""
    span = text.place_of(node)
    return [*text.nodes_in(span, cst.SimpleStatementLine), *text.nodes_in(span, cst.SimpleStatementSuite)]


def _first_line(text: Text, statement: cst.BaseStatement) -> int:
    """The line where a statement or the comment on it begins."""
    leading = (
        statement.leading_lines if isinstance(statement, cst.SimpleStatementLine | cst.BaseCompoundStatement) else ()
    )
    comments = [number for number, above in enumerate(leading) if above.comment is not None]
    return text.place_of(statement).line - (len(leading) - comments[0] if comments else 0)


def _without_line(text: Text, line: int) -> Edit:
    """A line taken away, with the empty lines above it where there are some below it too."""
    first = line
    if line < len(text.lines) and not text.lines[line].strip():
        while first > 1 and not text.lines[first - 2].strip():
            first -= 1
    last = text.offset(line + 1, 0) if line < len(text.lines) else len(text.source.text)
    return Edit(text.span(text.offset(first, 0), last), "")

"""What pool processes cannot do, and what they must not share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...knowledge.forking import CONNECTS, THREADED
from ...knowledge.http_clients import is_network
from ...model import Edit
from .. import Fix, fixer
from ..calls import call_at
from ..elsewhere import may_be_used_elsewhere
from ..imports import bring, bring_module, exchanged, unneeded

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from .. import Context
    from ..text import Text


# --- CEL407

_STARTED = {f"multiprocessing.{name}": name for name in ("Pool", "Process")}
_HARMLESS = frozenset({"cpu_count", "Pool", "Process"})


@fixer("CEL407")
def multiprocessing_in_prefork(found: Diagnostic, context: Context) -> Fix | None:
    """Start the processes of a file by billiard, whose pools and processes are made alike. Not where the file has other
    things of `multiprocessing`, such as queues: they do not go together."""
    text, project = context.text, context.project
    here = call_at(context.module, found.span)
    if here is None or project.name(here[0], here[1].func) not in _STARTED or not _starts_only(text):
        return None
    brought = bring_module(text, "billiard")
    if brought is None:
        return None
    edits: list[Edit] = []
    gone: dict[str, list[cst.CSTNode]] = {}
    for scope in context.module.scopes:
        for call in scope.calls:
            name = project.name(scope, call.func)
            node = text.node(call.span, cst.Call)
            if name not in _STARTED or node is None or text.place_of(node) != call.span:
                continue
            edits.append(text.replace(node.func, f"{brought.name}.{_STARTED[name]}"))
            first = next((n for n in text.nodes_in(text.place_of(node.func), cst.Name)), None)
            if first is not None:
                gone.setdefault(first.value, []).append(first)
    drops = unneeded(text, gone)
    edits += [*exchanged(brought, tuple(drops[:1])), *drops[1:]]
    return Fix("Start processes by billiard", tuple(edits), "unsafe")


def _starts_only(text: Text) -> bool:
    """Whether a file has nothing of `multiprocessing` but what starts processes and what counts processors."""
    for node in text.nodes(cst.ImportFrom):
        module = text.code(node.module) if node.module is not None else ""
        if module == "multiprocessing":
            if isinstance(node.names, cst.ImportStar) or any(text.code(a.name) not in _HARMLESS for a in node.names):
                return False
        elif module.startswith("multiprocessing."):
            return False
    for alias in text.nodes(cst.ImportAlias):
        if text.code(alias.name).startswith("multiprocessing.") or (
            text.code(alias.name) == "multiprocessing" and alias.asname is not None
        ):
            return False
    for name in text.nodes(cst.Name):
        if name.value != "multiprocessing":
            continue
        parent = next(text.parents(name), None)
        taken = parent.attr.value if isinstance(parent, cst.Attribute) and parent.value is name else "cpu_count"
        if not isinstance(parent, cst.Attribute | cst.ImportAlias | cst.ImportFrom) or taken not in _HARMLESS:
            return False
    return True


# --- CEL409


@fixer("CEL409")
def fork_shared_connection(found: Diagnostic, context: Context) -> Fix | None:
    """Make a connection of the module when it is first used, in each process, by a function that keeps it. Only where
    functions of the same file alone use it."""
    text, project = context.text, context.project
    here = call_at(context.module, found.span)
    call = text.node(found.span, cst.Call)
    made = project.name(here[0], here[1].func) if here is not None else None
    # what a task opens itself needs a timeout and a retry as well
    if call is None or made not in {*CONNECTS, *THREADED} or is_network(made):
        return None
    statement = text.around(call, cst.SimpleStatementLine)
    assign = text.around(call, cst.Assign)
    if statement is None or assign is None or statement not in text.tree.body or len(statement.body) != 1:
        return None
    target = assign.targets[0].target
    if len(assign.targets) != 1 or not isinstance(target, cst.Name) or not text.own_lines(statement):
        return None
    uses = _loads(text, target)
    cache = bring(text, "functools", "cache")
    if not uses or cache is None or may_be_used_elsewhere(context, target.value):
        return None
    function = _kept_by_function(text, statement, assign, cache.name, target.value)
    if function is None:
        return None
    calls = tuple(text.insert_after(use, "()") for use in uses)
    return Fix(f"Make `{target.value}` when it is first used", (function, *calls, *cache.edits), "unsafe")


def _loads(text: Text, target: cst.Name) -> list[cst.Name]:
    """The places in functions that use a name of the module; none where anything else is done with that name."""
    found = []
    for node in text.nodes(cst.Name):
        if node.value != target.value or node is target:
            continue
        parent = next(text.parents(node), None)
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            continue
        if isinstance(parent, cst.Arg):
            if parent.keyword is node:
                continue
        elif isinstance(parent, cst.WithItem):
            if parent.item is not node:
                return []
        elif not isinstance(parent, cst.Attribute):
            return []
        function = text.around(node, cst.FunctionDef)
        if function is None or not _in_body(text, node, function):
            return []
        found.append(node)
    return found


def _in_body(text: Text, node: cst.CSTNode, function: cst.FunctionDef) -> bool:
    """Whether a node is evaluated when the function runs, unlike its decorators and defaults."""
    return any(parent is function.body for parent in text.parents(node))


def _kept_by_function(
    text: Text, statement: cst.SimpleStatementLine, assign: cst.Assign, cache: str, name: str
) -> Edit | None:
    """The function in the place of the assignment, with two empty lines around it."""
    place, value = text.place_of(statement), text.place_of(assign.value)
    strings = [*text.nodes_in(value, cst.SimpleString), *text.nodes_in(value, cst.FormattedString)]
    if assign.value.lpar or any(text.place_of(s).line != text.place_of(s).end_line for s in strings):
        return None
    above, below = text.lines[: place.line - 1], text.lines[place.end_line :]
    empty_above = next((n for n, line in enumerate(reversed(above)) if line.strip()), None)
    empty_below = next((n for n, line in enumerate(below) if line.strip()), None)
    if empty_above == 0 and above[-1].lstrip().startswith("#"):
        return None  # what it says would have to stand above the function
    unit, newline = text.indent_unit, text.source.newline
    written = [text.at(value).split(newline)[0], *text.lines[value.line : value.end_line]]
    written[-1] += text.lines[place.end_line - 1][value.end_column :] if value.line == value.end_line else ""
    body = [f"return {written[0]}", *written[1:]]
    lines = [f"@{cache}", f"def {name}():", *(f"{unit}{line}" if line.strip() else line for line in body)]
    if empty_above is not None:
        lines = [""] * (2 - empty_above) + lines
    if empty_below is not None:
        lines += [""] * (2 - empty_below)
    end = len(text.lines[place.end_line - 1])
    return Edit(text.span(text.offset(place.line, 0), text.offset(place.end_line, end)), newline.join(lines))

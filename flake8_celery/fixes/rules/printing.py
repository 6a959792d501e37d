"""Tasks that print, and modules of tasks with a plain logger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.definition import print_in_task
from ...model import Name
from .. import Fix, fixer
from ..calls import call_at, is_rebound
from ..imports import Brought, after_imports, bring, dropped, exchanged, is_bound
from ..messages import Message, message

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Call, Scope
    from .. import Context
    from ..text import Text

_LOGGERS = frozenset({"celery.utils.log.get_logger", "celery.utils.log.get_task_logger", "logging.getLogger"})
_OTHER_LOGGING = ("logbook", "loguru", "structlog")
_TASK_LOGGER = "get_task_logger"
_WRITE = ("sys.stdout.write", "sys.stderr.write")


# --- CEL208


@fixer("CEL208")
def print_to_logger(found: Diagnostic, context: Context) -> Fix | None:
    """Log what is printed, with the values as arguments. What is printed to standard error, or where an exception is
    handled, keeps the level that the worker gives it.

    `sys` goes from the imports with the last print that needs it: that one waits for the others.
    """
    made = _logged(found, context)
    if made is None:
        return None
    stream = _stream(context.text, found)
    if stream is None:
        return made
    uses = {n for n in context.text.nodes_in(found.span, cst.Name) if n.value == stream}
    others = [d for d in _others(found, context) if _stream(context.text, d) == stream and _logged(d, context)]
    for other in others:
        uses |= {n for n in context.text.nodes_in(other.span, cst.Name) if n.value == stream}
    drops = dropped(context.text, stream, uses)
    if not drops or others:
        is_last = all((d.span.line, d.span.column) < (found.span.line, found.span.column) for d in others)
        return None if drops and is_last else made
    return Fix(made.title, exchanged(Brought("", tuple(made.edits[1:])), drops) + made.edits[:1])


def _others(found: Diagnostic, context: Context) -> list[Diagnostic]:
    """The other findings of the rule in the file."""
    from ...diagnostics import Diagnostic

    reported = print_in_task(context.module, context.project)
    return [Diagnostic(found.code, f.message, found.path, f.span) for f in reported if f.span != found.span]


def _stream(text: Text, found: Diagnostic) -> str | None:
    """The name by which a print reaches a stream of `sys`."""
    call = text.node(found.span, cst.Call)
    if call is None:
        return None
    written = text.argument(call, "file")
    node = written.value if written is not None else call.func
    while isinstance(node, cst.Attribute):
        node = node.value
    name = node.value if isinstance(node, cst.Name) else None
    return None if name in (None, "print") else name


def _logged(found: Diagnostic, context: Context) -> Fix | None:
    text = context.text
    node, at = text.node(found.span, cst.Call), call_at(context.module, found.span)
    if node is None or at is None:
        return None
    statement = next(text.parents(node), None)
    if not isinstance(statement, cst.Expr) or text.nodes_in(text.inside(node), cst.Comment):
        return None
    scope, call = at
    said = _said(context, scope, call, node)
    if said is None:
        return None
    if said.is_empty:
        edit = text.remove_statement(statement)
        return Fix("Remove the empty line", (edit,)) if edit is not None and not edit.text else None
    logger = _logger(context, scope)
    if logger is None:
        return None
    level = "warning" if _is_trouble(context, scope, call) else "info"
    new = _laid_out(text, node, f"{logger.name}.{level}", said)
    return Fix(f"Log it with `{logger.name}.{level}`", (text.replace(node, new), *logger.edits)) if new else None


def _said(context: Context, scope: Scope, call: Call, node: cst.Call) -> Message | None:
    """What a call prints, where it prints one line."""
    text, project = context.text, context.project
    positional = [arg for arg in node.args if arg.keyword is None]
    if any(arg.star for arg in node.args):
        return None
    name = project.name(scope, call.func)
    if name in _WRITE:
        said = message(text, [arg.value for arg in positional]) if len(node.args) == len(positional) == 1 else None
        return said if said is not None and said.ends else None
    if name != "builtins.print":
        return None
    separator = " "
    for arg in node.args:
        match arg.keyword.value if arg.keyword is not None else "", arg.value:
            case "", _:
                pass
            case ("sep", cst.SimpleString(prefix="" | "u", quote="'" | '"') as given):
                separator = given.raw_value
                if "\\" in separator or "'" in separator or '"' in separator:
                    return None
            case "end", cst.SimpleString(evaluated_value=str() as end) if end and not end.strip("\n"):
                pass
            case "flush", cst.Name(value="True" | "False"):
                pass
            case "file", _:
                pass  # one of the two streams: others are not reported
            case _:
                return None
    if not positional:
        return Message('""')
    return message(text, [arg.value for arg in positional], separator)


def _is_trouble(context: Context, scope: Scope, call: Call) -> bool:
    if any(block.kind == "except" for _, block in scope.around(call.block)):
        return True
    stream = call.keyword("file")
    target = context.project.name(scope, stream) if stream is not None else context.project.name(scope, call.func)
    return (target or "").startswith("sys.stderr")


def _logger(context: Context, scope: Scope) -> Brought | None:
    """The logger of the module, or a new task logger; None where its place is taken."""
    text, project, body = context.text, context.project, context.module.body
    found = []
    for assign in body.assigns:
        call = body.call(assign.value)
        if isinstance(assign.target, Name) and assign.block < 0 and call is not None:
            if project.name(body, call.func) in _LOGGERS and len(body.assigned(assign.target.id)) == 1:
                found.append((call.attr != _TASK_LOGGER, assign.target.id))
    for imported in body.imports:
        target = project.target(body, Name(imported.name)) if imported.block < 0 else None
        if target is not None and target.value is not None:
            made = target.value[0].call(target.value[1])
            if made is not None and project.name(target.value[0], made.func) in _LOGGERS:
                found.append((True, imported.name))
    if found:
        name = min(found, key=lambda f: f[0])[1]
        return Brought(name) if not is_rebound(scope, name) else None
    if is_bound(text, "logger") or any(i.loads.startswith(_OTHER_LOGGING) for i in body.imports):
        return None
    brought = bring(text, "celery.utils.log", _TASK_LOGGER)
    edits = after_imports(text, brought, f"logger = {brought.name}(__name__)") if brought is not None else None
    return Brought("logger", edits) if edits is not None else None


def _laid_out(text: Text, node: cst.Call, name: str, said: Message) -> str | None:
    """The call of the logger: in one line where it fits, else in the layout that formatters give it."""
    place = text.place_of(node)
    newline = text.source.newline
    given = [said.text, *said.values]
    if "\n" in said.text or "\r" in said.text or any("\n" in v or "\r" in v for v in said.values):
        if len([a for a in node.args if a.keyword is None]) != len(node.args):
            return None
        inside, first, last = text.inside(node), text.place_of(node.args[0]), text.place_of(node.args[-1])
        before = text.source.text[text.offset(inside.line, inside.column) : text.offset(first.line, first.column)]
        after = text.source.text[
            text.offset(last.end_line, last.end_column) : text.offset(inside.end_line, inside.end_column)
        ]
        between = f",{newline}{text.indent(first.line)}" if before.strip(" \t") else ", "
        if said.values and before.strip(" \t") and after.strip(" \t") in ("\n", "\r\n"):
            after = f",{after}"
        return f"{name}({before}{between.join(given)}{after})"
    line = f"{name}({', '.join(given)})"
    statement = next(text.parents(node))
    if place.column + len(line) <= text.width or not text.own_lines(statement):
        return line
    indent = text.indent(place.line)
    inner = indent + text.indent_unit
    if len(inner) + len(", ".join(given)) <= text.width:
        return f"{name}({newline}{inner}{', '.join(given)}{newline}{indent})"
    return f"{name}({newline}" + "".join(f"{inner}{item},{newline}" for item in given) + f"{indent})"


# --- CEL916


@fixer("CEL916")
def plain_logger(found: Diagnostic, context: Context) -> Fix | None:
    """Make the logger a task logger, and drop the import that only it needed."""
    text = context.text
    node = text.node(found.span, cst.Call)
    if node is None:
        return None
    brought = bring(text, "celery.utils.log", _TASK_LOGGER)
    if brought is None:
        return None
    first = node.func
    while isinstance(first, cst.Attribute):
        first = first.value
    drops = dropped(text, first.value, {first}) if isinstance(first, cst.Name) else ()
    edits = exchanged(brought, drops)
    return Fix(f"Make it a task logger (`{_TASK_LOGGER}`)", (text.replace(node.func, brought.name), *edits))

"""Arguments and options of calls that send a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.call_arguments import is_caught, misplaced, sequence_problem
from ...checks.options import meant_option
from ...knowledge.misnomers import CALL
from ...knowledge.options import CALL_OPTIONS
from ...model import Attr, Comp, Const, Dict, Edit, Format, Items, Name
from .. import Fix, fixer
from ..calls import call_at

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...dispatch import Dispatch
    from ...model import Call, Expr, Scope
    from .. import Context
    from ..text import Text

_SECONDS = ("countdown", "expires")
"""Options that take a number of seconds."""
_LIKE_DELAY = {"apply_async": "delay", "apply_async_on_commit": "delay_on_commit"}


@fixer("CEL505")
def not_a_sequence(found: Diagnostic, context: Context) -> Fix | None:
    """Put the one argument into a tuple, send what is written like a call of `delay` with it, and hand over the task's
    own keywords as `kwargs`."""
    here = call_at(context.module, found.span)
    node = context.text.node(found.span, cst.Call)
    if here is None or node is None:
        return None
    scope, call = here
    project = context.project
    sent = project.retry(scope, call) if call.attr == "retry" else project.dispatch(scope, call)
    if sent is None:
        return None
    if sequence_problem(project, scope, call) is not None:
        return _arguments(context, scope, call, sent, node)
    keyword = misplaced(project, call, sent)
    return _keywords(context, call, sent, node) if keyword is not None else None


def _arguments(context: Context, scope: Scope, call: Call, sent: Dispatch, node: cst.Call) -> Fix | None:
    text = context.text
    first = 1 if call.attr in ("send_task", "signature") else 0
    given, arg = call.argument(first, "args"), text.argument(node, "args", first)
    if given is None or arg is None:
        return None
    if call.attr == "retry" and is_caught(scope, given):
        if arg.keyword is not None or call.keyword("exc") is not None:
            return None
        return Fix("Pass the exception as `exc`", (text.insert_before(arg, "exc="),))
    if first == 0 and len(call.args) > 1 and _is_value(call.args[1]):
        return _as_delay(context, call, sent, node)
    value = arg.value
    match given:
        case Items(kind="set") if isinstance(value, cst.Set):
            braces = (text.replace(value.lbrace, "["), text.replace(value.rbrace, "]"))
            return Fix("Make the arguments a list", braces) if _fits(context, sent, len(given.items)) else None
        case Dict():
            return _as_kwargs(context, call, sent, given, arg)
        case Items() | Comp():
            return None
    if not _fits(context, sent, 1):
        return None
    is_none_so_far = isinstance(given, Const) and not given.value
    if is_none_so_far and not value.lpar:
        return None
    is_text = isinstance(given, Format) or isinstance(value, cst.SimpleString | cst.ConcatenatedString)
    changes = is_none_so_far or (is_text and call.attr in ("signature", "retry")) or _is_signature(context, scope, call)
    in_brackets = bool(value.lpar)
    edits: tuple[Edit, ...] = () if in_brackets else (text.insert_before(value, "("),)
    edits = (*edits, text.insert_after(value, "," if in_brackets else ",)"))
    return Fix("Make the argument a tuple", edits, "unsafe" if changes else "safe")


def _is_signature(context: Context, scope: Scope, call: Call) -> bool:
    """Whether what is sent is a signature, which takes a text apart where a task raises an error."""
    return (
        isinstance(call.func, Attr)
        and call.attr == "apply_async"
        and context.project.task(scope, call.func.base) is None
    )


def _is_value(expr: Expr) -> bool:
    """Whether an expression is surely no mapping of keyword arguments."""
    if isinstance(expr, Const):
        return expr.value is not None
    last = expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""
    return isinstance(expr, Format) or last in ("id", "pk") or last.endswith("_id")


def _fits(context: Context, sent: Dispatch, count: int) -> bool:
    """Whether the task takes so many positional arguments, as far as that is known."""
    task = sent.task or (context.project.task_named(sent.name) if sent.name is not None else None)
    parameters = context.project.parameters(task) if task is not None else None
    if parameters is None:
        return True
    keywords = tuple(key for key, _ in sent.kwargs) if sent.kwargs is not None else None
    return parameters.mismatch(count, keywords, complete=False) is None


def _as_delay(context: Context, call: Call, sent: Dispatch, node: cst.Call) -> Fix | None:
    """`apply_async(1, 2)`: the arguments are written as `delay` takes them."""
    method = _LIKE_DELAY.get(call.attr or "")
    if method is None or sent.task is None or not isinstance(node.func, cst.Attribute):
        return None
    parameters = context.project.parameters(sent.task)
    keywords = tuple(key for key, _ in call.keywords if key is not None)
    if parameters is None or any(key in CALL_OPTIONS or key in ("args", "kwargs") for key in keywords):
        return None
    if parameters.mismatch(len(call.args), keywords, complete=True) is not None:
        return None
    edit = context.text.replace(node.func.attr, method)
    return Fix(f"Send with `{method}`", (edit,), "safe" if call.args else "unsafe")


def _as_kwargs(context: Context, call: Call, sent: Dispatch, given: Dict, arg: cst.Arg) -> Fix | None:
    """A dict of the task's parameters, which was given as its positional arguments."""
    task = sent.task
    parameters = context.project.parameters(task) if task is not None else None
    names = [key.value for key, _ in given.items if isinstance(key, Const) and isinstance(key.value, str)]
    if parameters is None or len(names) < len(given.items) or len(call.args) > 1 or call.keyword("kwargs") is not None:
        return None
    if parameters.mismatch(0, tuple(names), complete=True) is not None:
        return None
    text = context.text
    edit = text.insert_before(arg, "kwargs=") if arg.keyword is None else text.replace(arg.keyword, "kwargs")
    return Fix("Pass the keyword arguments as `kwargs`", (edit,))


def _keywords(context: Context, call: Call, sent: Dispatch, node: cst.Call) -> Fix | None:
    """Keywords of the task among the execution options."""
    text = context.text
    if not call.args and not any(key in CALL_OPTIONS or key in ("args", "kwargs") for key, _ in call.keywords):
        return _as_delay(context, call, sent, node)
    parameters = context.project.parameters(sent.task) if sent.task is not None else None
    if parameters is None or len(call.args) > 1 or call.keyword("kwargs") is not None:
        return None
    names = (*parameters.positional, *parameters.keyword_only)
    own = [a for a in node.args if a.keyword is not None and a.keyword.value in names]
    own = [a for a in own if a.keyword is not None and a.keyword.value not in (*CALL_OPTIONS, "args", "kwargs")]
    start, end = node.args.index(own[0]), node.args.index(own[-1])
    if end - start + 1 != len(own) or _has_comment(text, own):
        return None
    pairs = [(a.keyword.value, a.value) for a in own if a.keyword is not None]
    given = ", ".join(f"{text.quoted(key)}: {_written(text, value)}" for key, value in pairs)
    first, last = text.place_of(own[0]), text.place_of(own[-1])
    span = text.span(text.offset(first.line, first.column), text.offset(last.end_line, last.end_column))
    return Fix("Pass the task's keyword arguments as `kwargs`", (Edit(span, f"kwargs={{{given}}}"),), "unsafe")


def _written(text: Text, value: cst.BaseExpression) -> str:
    return f"({text.code(value)})" if value.lpar else text.code(value)


def _has_comment(text: Text, args: list[cst.Arg]) -> bool:
    return any(text.place_of(a).line != text.place_of(args[0]).line for a in args)


@fixer("CEL506")
def unknown_option(found: Diagnostic, context: Context) -> Fix | None:
    """Give an option the name that Celery reads, where its value is sure to mean the same."""
    text = context.text
    arg = text.node(found.span, cst.Arg)
    call = text.around(arg, cst.Call) if arg is not None else None
    if arg is None or call is None or arg.keyword is None:
        return None
    key = arg.keyword.value
    meant = meant_option(key)
    if meant is None or any(a.star or (a.keyword is not None and a.keyword.value == meant) for a in call.args):
        return None
    if key in CALL and not (meant == "queue" or (meant in _SECONDS and _is_number(arg.value))):
        return None
    return Fix(f"Write `{meant}`", (text.replace(arg.keyword, meant),), "unsafe")


def _is_number(value: cst.BaseExpression) -> bool:
    match value:
        case cst.BinaryOperation():
            return _is_number(value.left) and _is_number(value.right)
        case _:
            return isinstance(value, cst.Integer | cst.Float)

"""Waiting for the results of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Attr, Const, Name
from .. import Fix, fixer
from ..calls import call_at, is_rebound

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Call, Edit, Scope
    from .. import Context

_WAITING = frozenset({"get", "wait", "join", "join_native"})
_HARMLESS = frozenset({"timeout", "disable_sync_subtasks"})
"""Arguments of `get` that mean nothing where there is no waiting."""


# --- CEL501


@fixer("CEL501")
def in_a_task(found: Diagnostic, context: Context) -> Fix | None:
    """Call a task that is applied in place like a function; and where a bound task returns what another one gives, let
    that one take its place."""
    here = call_at(context.module, found.span)
    node = context.text.node(found.span, cst.Call)
    if here is None or node is None or not isinstance(node.func, cst.Attribute):
        return None
    scope, call = here
    made = scope.call(call.func.base) if isinstance(call.func, Attr) else None
    sending = node.func.value
    if made is None or not isinstance(sending, cst.Call) or not isinstance(sending.func, cst.Attribute):
        return None
    if call.attr not in ("get", "wait") or call.args or any(key not in _HARMLESS for key, _ in call.keywords):
        return None
    if context.text.nodes_in(found.span, cst.Comment):
        return None
    if made.attr == "apply":
        return _called(context, scope, made, node, sending)
    return _replaced(context, scope, call, made, node, sending)


def _called(context: Context, scope: Scope, made: Call, node: cst.Call, sending: cst.Call) -> Fix | None:
    """`task.apply((1,)).get()` runs in place: so does `task(1)`."""
    if not isinstance(made.func, Attr) or context.project.task(scope, made.func.base) is None:
        return None
    text, given = context.text, []
    args, kwargs = text.argument(sending, "args", 0), text.argument(sending, "kwargs", 1)
    if any(a not in (args, kwargs) for a in sending.args):
        return None
    if args is not None:
        if not isinstance(args.value, cst.Tuple | cst.List):
            return None
        given += [text.code(e) for e in args.value.elements]
        if any(e.value.lpar for e in args.value.elements):
            return None
    if kwargs is not None:
        if not isinstance(kwargs.value, cst.Dict):
            return None
        for element in kwargs.value.elements:
            key = element.key if isinstance(element, cst.DictElement) else None
            name = key.evaluated_value if isinstance(key, cst.SimpleString) else None
            if not isinstance(name, str) or not name.isidentifier() or element.value.lpar:
                return None
            given.append(f"{name}={text.code(element.value)}")
    assert isinstance(sending.func, cst.Attribute)
    function = text.code(sending.func.value)
    edit = text.replace(node, f"{function}({', '.join(given)})")
    return Fix(f"Call `{function}` in place", (edit,), "unsafe")


def _replaced(context: Context, scope: Scope, call: Call, made: Call, node: cst.Call, sending: cst.Call) -> Fix | None:
    """`return task.delay(1).get()` in a bound task: `self.replace` hands the result on without waiting."""
    text, project = context.text, context.project
    task = next((t for t in project.tasks_of(context.module) if t.function is scope), None)
    statement = text.around(node, cst.Return)
    if task is None or task.bound is not True or task.wrappers or not scope.params or statement is None:
        return None
    this = scope.params[0].name
    if statement.value is not node or any(b.kind not in ("if", "else") for _, b in scope.around(call.block)):
        return None
    sent = project.dispatch(scope, made)
    if sent is None or sent.task is None or made.attr != "delay" or scope.assigned(this):
        return None
    assert isinstance(sending.func, cst.Attribute)
    first, last = text.place_of(sending.func.attr), text.place_of(sending)
    rest = text.source.text[text.offset(first.end_line, first.end_column) : text.offset(last.end_line, last.end_column)]
    edit = text.replace(node, f"{this}.replace({text.code(sending.func.value)}.s{rest})")
    return Fix(f"Hand on with `{this}.replace`", (edit,), "unsafe")


# --- CEL502


@fixer("CEL502")
def without_timeout(found: Diagnostic, context: Context) -> Fix | None:
    """Wait as long as everything else in the file that waits for a result, where all of it waits equally long."""
    text, here = context.text, call_at(context.module, found.span)
    node = text.node(found.span, cst.Call)
    values = {value for scope in context.module.scopes for value in _timeouts(context, scope)}
    if here is None or node is None or len(values) != 1:
        return None
    value = values.pop()
    scope, _ = here
    if not value or is_rebound(scope, value):
        return None
    edit: Edit = text.add_argument(node, f"timeout={value}")
    return Fix(f"Add `timeout={value}`", (edit,), "unsafe")


def _timeouts(context: Context, scope: Scope) -> list[str]:
    """What the calls of a scope that wait for a result give as their timeout, as it is written: "" for what another
    function cannot use."""
    found = []
    for call in scope.calls:
        if call.attr not in _WAITING or not isinstance(call.func, Attr):
            continue
        given = call.argument(0, "timeout")
        if given is None or context.project.result(scope, call.func.base) is None:
            continue
        match given:
            case Const(value=int() | float() as number) if not isinstance(number, bool):
                found.append(str(number))
            case Name(id=name) if context.module.body.assigned(name) and not is_rebound(scope, name):
                found.append(name)
            case _:
                found.append("")
    return found

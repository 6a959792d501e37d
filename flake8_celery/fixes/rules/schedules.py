"""Schedules of which a part is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.overwritten_schedule import replaced
from ...model import Const, Edit
from ...settings import Written
from .. import Fix, fixer
from ..calls import call_at

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Call, Scope, Task
    from ...project import Project
    from .. import Context

_ADD = "add_periodic_task"


@fixer("CEL707")
def overwritten(found: Diagnostic, context: Context) -> Fix | None:
    """Give an entry without a name one of its own; add a schedule to the one that it would replace, where that surely
    is there before."""
    here = call_at(context.module, found.span)
    if here is not None and here[1].attr == _ADD:
        return _named(context, *here)
    for second, _, _ in replaced(context.project):
        if second.scope.module is context.module:
            if context.project.spot(context.module, second.span, second.key) == found.span:
                return _added(context, second)
    return None


def _named(context: Context, scope: Scope, call: Call) -> Fix | None:
    """The task's function and a number: the same name would be the same key."""
    text, node = context.text, context.text.node(call.span, cst.Call)
    task = _sent(context.project, scope, call)
    if node is None or task is None or call.argument(4, "name") not in (None, Const(None)) or len(call.args) > 4:
        return None
    before = [
        c for c in scope.calls if c.attr == _ADD and (c.span.line, c.span.column) < (call.span.line, call.span.column)
    ]
    number = 1 + sum(_sent(context.project, scope, c) is task for c in before)
    name = f"{task.function.name} {number}"
    if any(s.evaluated_value == name for s in text.nodes(cst.SimpleString)):
        return None
    given = text.argument(node, "name")
    edit = text.replace(given.value, text.quoted(name)) if given is not None else None
    edit = edit or text.add_argument(node, f"name={text.quoted(name)}")
    return Fix(f"Name the entry `{name}`", (edit,), "unsafe")


def _sent(project: Project, scope: Scope, call: Call) -> Task | None:
    if len(call.args) < 2:
        return None
    signature = project.signature(scope, call.args[1])
    return signature.task if signature is not None else project.task(scope, call.args[1])


def _added(context: Context, second: Written) -> Fix | None:
    """`conf.beat_schedule.update({…})` reads the settings at once: no receiver may wait for that, and nothing may say
    later where they are."""
    project, text, app = context.project, context.text, second.app
    others = [w for w in project.written_settings if w.name == "beat_schedule" and w.app is app and w is not second]
    if second.kind != "conf" or not all(_is_before(w, second) for w in others if w.kind == "conf"):
        return None
    if any(b"on_after_configure" in project.index.data(path) for path in project.index.tree.python):
        return None
    if any(c.attr == "config_from_object" and c.span.line > second.span.line for c in second.scope.calls):
        return None
    targets = [n for n in text.nodes(cst.AssignTarget) if text.place_of(n.target) == second.span]
    assign = text.around(targets[0], cst.Assign) if len(targets) == 1 else None
    if assign is None or len(assign.targets) != 1 or not isinstance(assign.value, cst.Dict) or assign.value.lpar:
        return None
    target, value = text.place_of(assign.targets[0].target), text.place_of(assign.value)
    if not isinstance(assign.targets[0].target, cst.Attribute):
        return None
    between = text.span(text.offset(target.end_line, target.end_column), text.offset(value.line, value.column))
    edits = (Edit(between, ".update("), text.insert_after(assign.value, ")"))
    return Fix("Add to the schedule that is there", edits, "unsafe")


def _is_before(first: Written, second: Written) -> bool:
    """Whether a schedule is surely written before another: above it, or in the module of the application."""
    if first.scope is second.scope:
        return first.span.line < second.span.line
    return first.scope is first.app.module.body and first.scope.module is not second.scope.module

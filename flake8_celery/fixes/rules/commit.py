"""Tasks that are sent inside a transaction: they are sent when it is committed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ...checks.django_app import is_of_django
from ...checks.transactions import SentByModel, SentInTransaction, sent_by_models, sent_in_transactions
from ...model import UNKNOWN, Attr, dotted
from ...transactions import ADMIN, PYRAMID, SESSION
from .. import Fix, fixer
from ..calls import is_rebound
from ..imports import Brought, bring, bring_module, imported, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...diagnostics import Diagnostic
    from ...model import Call, Expr, Scope, Task
    from ...project import Project
    from ...sends import Sent
    from .. import Context
    from ..text import Text

_NEWLINE = re.compile(r"\r\n?|\n")
_LINE = re.compile(r"(?:\r\n?|\n)(?=[ \t]*[^\s])")
"""The beginning of a line that is not empty."""

_ON_COMMIT = {"delay": "delay_on_commit", "apply_async": "apply_async_on_commit"}
_DJANGO_TASK = "celery.contrib.django.task.DjangoTask"
_CELERY = frozenset({"celery.Celery", "celery.app.Celery", "celery.app.base.Celery"})
_OF_ROWS = frozenset(
    {
        "AttributeError",
        "DoesNotExist",
        "Http404",
        "IndexError",
        "IntegrityError",
        "KeyError",
        "MultipleObjectsReturned",
        "ObjectDoesNotExist",
        "ValidationError",
        "ValueError",
    }
)
"""Exceptions that are caught because of something else than sending."""


@fixer("CEL503")
def in_transaction(found: Diagnostic, context: Context) -> Fix | None:
    """Send a task when Django's transaction is committed. After a session of SQLAlchemy the author has to send it."""
    for sending in sent_in_transactions(context.module, context.project):
        if sending.call.span == found.span:
            return _in_transaction(context, sending)
    return None


def _in_transaction(context: Context, sending: SentInTransaction) -> Fix | None:
    transaction = sending.transaction
    opened = transaction.opened
    if opened.kind in (SESSION, PYRAMID):
        return None
    links = [*transaction.calls, (sending.scope, sending.call)]
    if any(_is_tied(scope, call, opened.block if n == 0 else -1) for n, (scope, call) in enumerate(links)):
        return None
    using: str | None = ""
    if opened.kind == ADMIN and _has_routers(context.project):
        using = None
    elif opened.using is None:
        using = None if transaction.calls or opened.block < 0 else _alias(context.text, sending, opened.block)
    elif opened.using != "default":
        using = context.text.quoted(opened.using)
    return _waiting(context, sending.scope, sending.call, sending.sent, using) if using is not None else None


def _alias(text: Text, sending: SentInTransaction, block: int) -> str | None:
    """The name of a variable that `atomic` is given as the alias of its database, in the function that sends."""
    call = sending.scope.call(sending.scope.blocks[block].test)
    node = text.node(call.span, cst.Call) if call is not None else None
    given = text.argument(node, "using", 0) if node is not None else None
    if given is None or not isinstance(given.value, cst.Name | cst.Attribute):
        return None
    return text.code(given.value)


@fixer("CEL514")
def as_model_is_saved(found: Diagnostic, context: Context) -> Fix | None:
    """Send a task when whoever saves a model has committed. What is sent before the model is written has to be moved
    first."""
    for sending in sent_by_models(context.module, context.project):
        if sending.call.span == found.span:
            return _as_model_is_saved(context, sending)
    return None


def _as_model_is_saved(context: Context, sending: SentByModel) -> Fix | None:
    links = [*sending.route.calls, (sending.scope, sending.call)]
    if not sending.moment.written or any(_is_tied(scope, call, -1) for scope, call in links):
        return None
    own = not sending.route.calls and sending.scope.param("using") is not None
    if not own and _has_routers(context.project):
        return None
    return _waiting(context, sending.scope, sending.call, sending.sent, "using" if own else "")


def _has_routers(project: Project) -> bool:
    """Whether a router tells which database a model is written to: its transaction may be another than the default."""
    given = [
        project.value(module.body, assign.value)
        for module in project.django_settings
        for assign in module.body.assigned("DATABASE_ROUTERS")
    ]
    return any(value is UNKNOWN or bool(value) for value in given)


# --- what must not wait


def _is_tied(scope: Scope, call: Call, outside: int) -> bool:
    """Whether a call has to be made where it stands: something handles its failure, or it is made because of a failure,
    after which there may be no commit. `outside` is the block in which the transaction is opened, -1 for none."""
    if scope.is_async or any(c.attr == "set_rollback" for c in scope.calls):
        return True
    around = []
    for index, block in scope.around(call.block):
        if index == outside:
            break
        around.append(index)
        if block.kind == "except" or any(_handles(handler.types) for handler in block.handlers):
            return True
        manager = scope.call(block.test) if block.kind == "with" else None
        if manager is not None and manager.attr == "suppress":
            return True
    here = {*around, outside}
    return any(r.block in here and r.span.line > call.span.line for r in scope.raises)


def _handles(types: Iterable[Expr]) -> bool:
    """Whether an `except` clause may be there for failures to send."""
    names = [(dotted(expr) or "").rpartition(".")[2] for expr in types]
    return not names or any(name not in _OF_ROWS for name in names)


# --- the repair


def _waiting(context: Context, scope: Scope, call: Call, sent: Sent, using: str) -> Fix | None:
    """The call as one that is made after the commit; `using` is an expression, "" for the default database."""
    text = context.text
    node = text.node(call.span, cst.Call)
    if node is None or call.use != "statement":
        return None
    func = node.func
    if not using and sent.task is not None and isinstance(call.func, Attr) and isinstance(func, cst.Attribute):
        is_task = context.project.task(scope, call.func.base) is sent.task
        if is_task and call.attr in _ON_COMMIT and _has_on_commit(context.project, sent.task):
            method = _ON_COMMIT[call.attr]
            return Fix(f"Send after the commit, with `{method}`", (text.replace(func.attr, method),), "unsafe")
    if len(node.args) == 1 and isinstance(node.args[0].value, cst.GeneratorExp) and not node.args[0].value.lpar:
        return None
    if not node.args and "#" in text.at(text.inside(node)):
        return None
    suffix = ""
    if not (isinstance(call.func, Attr) and call.attr in (*_ON_COMMIT, "send_task")):
        if context.project.canvas(scope, call.func, call.span).kind not in ("chain", "group", "chord"):
            return None
        suffix = ".delay"
    brought = [_on_commit(text, scope)]
    if node.args:
        brought.append(_first_visible(scope, bring(text, "functools", "partial"), _partial_of_module(text)))
    known = [b for b in brought if b is not None]
    if len(known) < len(brought):
        return None
    made = _wrapped(text, node, suffix, *(b.name for b in known), using=using)
    edits = merged(text, *known)
    return Fix("Send after the commit, with `transaction.on_commit`", (text.replace(node, made), *edits), "unsafe")


def _on_commit(text: Text, scope: Scope) -> Brought | None:
    known = imported(text, "django.db.transaction", "on_commit")
    if known is not None and not is_rebound(scope, known):
        return Brought(known)
    module = _first_visible(scope, bring(text, "django.db", "transaction"))
    return Brought(f"{module.name}.on_commit", module.edits) if module is not None else None


def _partial_of_module(text: Text) -> Brought | None:
    module = bring_module(text, "functools")
    return Brought(f"{module.name}.partial", module.edits) if module is not None else None


def _first_visible(scope: Scope, *brought: Brought | None) -> Brought | None:
    """The first name that stands for the same in a function as in the module."""
    return next((b for b in brought if b is not None and not is_rebound(scope, b.name)), None)


def _has_on_commit(project: Project, task: Task) -> bool:
    """Whether a task has the methods that Celery gives those of Django's applications since 5.4."""
    version = project.celery_version()
    apps = project.apps_of(task)
    if version is None or version.is_before(5, 4) or not apps or task.cls is not None or not task.complete:
        return False
    if task.base == _DJANGO_TASK:
        return True
    if task.base or project.base_class(task) != (None, True):
        return False
    return all(
        project.name(app.scope, app.call.func) in _CELERY
        and not app.call.has_spread
        and app.call.keyword("task_cls") is None
        and is_of_django(project, app)
        for app in apps
    )


def _wrapped(text: Text, node: cst.Call, suffix: str, on_commit: str, partial: str = "", *, using: str) -> str:
    """`on_commit(partial(task.delay, 1))` for `task.delay(1)`, in the layout of the call, or over several lines where
    one would be too long."""
    place, inside = text.place_of(node), text.inside(node)
    start, opening = text.offset(place.line, place.column), text.offset(inside.line, inside.column)
    callee = text.source.text[start : opening - 1].rstrip() + suffix
    given = text.at(inside)
    unit, newline = text.indent_unit, text.source.newline
    levels = [f"{newline}{text.indent(place.line)}{unit * level}" for level in range(3)]
    database = f", using={using}" if using else ""

    def nested(inner: str) -> str:
        return f"{on_commit}({levels[1]}{inner}{f',{levels[1]}using={using},' if using else ''}{levels[0]})"

    def fits(line: str, level: int) -> bool:
        before = text.lines[place.line - 1][: place.column] if level < 0 else levels[level].lstrip("\r\n")
        return len(before.expandtabs(4)) + len(line) <= text.width

    if place.line == place.end_line:
        inner = f"{partial}({callee}, {given.strip()})" if partial else callee
        if fits(f"{on_commit}({inner}{database})", -1):
            return f"{on_commit}({inner}{database})"
        if not partial or fits(inner, 1):
            return nested(inner)
    is_movable = not any(_is_of_lines(text, string) for string in _strings(text, node))
    if not partial:
        return nested(_moved(callee, unit)) if is_movable else f"{on_commit}({callee}{database})"
    first, *middle = _NEWLINE.split(given)
    begins_behind = bool(first.strip()) and not first.strip().startswith("#")
    if is_movable and (inside.line == inside.end_line or _on_one_line(text, node)):
        arguments = [text.code(arg) for arg in node.args]
        one = f"{_moved(callee, unit * 2)}, {', '.join(arguments)}"
        if "\n" not in callee and fits(one, 2):
            return nested(f"{partial}({levels[2]}{one}{levels[1]})")
        each = "".join(f"{levels[2]}{part}," for part in (_moved(callee, unit * 2), *arguments))
        return nested(f"{partial}({each}{levels[1]})")
    if begins_behind or not is_movable:
        # the arguments keep their lines, which Python reads as before
        own_line = f"{newline}{text.indent(text.place_of(node.args[0]).line)}"
        start_of_it = f"{callee}, " if begins_behind else f"{own_line}{callee},"
        return f"{on_commit}({partial}({start_of_it}{given}){database})"
    comment = f"  {first.strip()}" if first.strip() else ""
    moved = newline.join(["", *middle]).rstrip()
    return nested(f"{partial}({comment}{levels[2]}{_moved(callee, unit * 2)},{_moved(moved, unit)}{levels[1]})")


def _on_one_line(text: Text, node: cst.Call) -> bool:
    """Whether all arguments of a call stand on one line of their own, without a comma after the last or a comment."""
    given = text.at(text.inside(node)).strip()
    return "\n" not in given and "\r" not in given and "#" not in given and not given.endswith(",")


def _moved(code: str, indent: str) -> str:
    """Code with its lines but the first indented further."""
    return _LINE.sub(lambda match: match[0] + indent, code)


def _strings(text: Text, node: cst.Call) -> Iterator[cst.CSTNode]:
    for kind in (cst.SimpleString, cst.FormattedString):
        yield from text.nodes_in(text.place_of(node), kind)


def _is_of_lines(text: Text, node: cst.CSTNode) -> bool:
    place = text.place_of(node)
    return place.line != place.end_line

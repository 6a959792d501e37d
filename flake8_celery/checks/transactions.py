"""Tasks that are sent while the rows they need may be seen by nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_celery.knowledge.transactions import MODELS, SIGNALS
from flake8_celery.model import Attr, Call, CallRef, Const, Expr, Finding, Items, Module, Name, Op, Scope, Star, Task
from flake8_celery.reads import parts
from flake8_celery.receivers import receiver
from flake8_celery.rule import rule
from flake8_celery.transactions import PYRAMID, REQUEST, Transaction, excused

from ..frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery.calls import Route
    from flake8_celery.project import Project
    from flake8_celery.sends import Sent

_METHODS = frozenset({"delay", "apply_async", "send_task"})
_MAKING = frozenset({"create", "save", "get_or_create", "update_or_create", "bulk_create"})
_LATER = ("transaction", "on_commit", "oncommit", "post_request")
"""Parts of the names of task classes that send after the commit by themselves."""


def _sent(project: Project, module: Module) -> Iterator[tuple[Scope, Call, Sent]]:
    """What a module sends at once, but for tasks that wait for a commit by themselves or that no worker knows."""
    for scope in module.scopes:
        for call in scope.calls:
            if call.attr in _METHODS or call.use in ("statement", "assign", "return"):
                sent = project.sends(scope, call)
                if sent is not None and (sent.task is None or _runs_at_once(project, sent.task)):
                    if _is_empty_unless_asked(scope, call):
                        continue
                    yield scope, call, sent


def _runs_at_once(project: Project, task: Task) -> bool:
    return project.may_be_registered(task) and not _waits(project, task)


def _is_empty_unless_asked(scope: Scope, call: Call) -> bool:
    """Whether what is sent is a list that stays empty unless the caller asks for more: `chain(*tasks)()`, filled only
    where a parameter that is False by default is true."""
    made = scope.call(call.func.base if isinstance(call.func, Attr) else call.func)
    if made is None or len(made.args) != 1 or not isinstance(made.args[0], Star):
        return False
    held = made.args[0].value
    first = [a.value for a in scope.assigns if a.target == held]
    filling = [c for c in scope.calls if isinstance(c.func, Attr) and c.func.base == held]
    return (
        first == [Items("list", ())]
        and bool(filling)
        and all(c.attr == "append" and _is_asked_for(scope, c) for c in filling)
    )


def _is_asked_for(scope: Scope, call: Call) -> bool:
    """Whether a call stands under a parameter that is False by default."""
    options = {Name(p.name) for p in scope.params if p.default == Const(False)}
    for _, block in scope.around(call.block):
        test = block.test if block.kind == "if" else None
        given = test.operands if isinstance(test, Op) and test.operator == "and" else (test,)
        if any(part in options for part in given):
            return True
    return False


def _waits(project: Project, task: Task) -> bool:
    """Whether the task's class, or its app's, sends after the commit by itself."""
    cls, _ = project.base_class(task)
    named = [task.base]
    classes = []
    if cls is not None:
        ancestors = [a for a in project.names.ancestors(cls) if a is not None]
        named.extend(a.name for a in ancestors)
        classes = [cls, *(a.scope for a in ancestors if a.scope is not None)]
    for app in project.apps_of(task):
        made = project.function(app.scope, app.call.func)
        if made is not None:
            classes.append(made)
    if any(part in name.lower() for name in named for part in _LATER):
        return True
    called = (call.attr or "" for c in classes for inner in _within(c) for call in inner.calls)
    return any("on_commit" in attr or "AfterCommit" in attr for attr in called)


def _within(scope: Scope) -> Iterator[Scope]:
    """A scope and all that is nested in it."""
    yield scope
    for child in scope.children:
        yield from _within(child)


# --- CEL503

_COMMIT = "a worker can run it before the commit, and after a rollback it runs all the same"
_COMMIT_LATER = "it runs after a rollback too, and before a commit that takes longer than it waits"
_EARLY = "a worker can run it before, and after an error in writing it runs all the same"
_EARLY_LATER = (
    "it runs after an error in writing too, and before the row is written where that takes longer than it waits"
)


@rule("CEL503")
def delay_inside_atomic(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks sent in a transaction that this function, a decorator or a caller has opened."""
    for found in sent_in_transactions(module, project):
        transaction = found.transaction
        yield Finding(
            found.call.span,
            f"{found.sent.what} is sent inside {transaction.opened.label}{_trace(project, transaction, module)}: "
            + (_COMMIT_LATER if _is_delayed(project, found.scope, found.sent) else _COMMIT),
        )


@dataclass(frozen=True)
class SentInTransaction:
    """A call in `scope` that sends something while a transaction is open."""

    scope: Scope
    call: Call
    sent: Sent
    transaction: Transaction


def sent_in_transactions(module: Module, project: Project) -> Iterator[SentInTransaction]:
    """What a module sends in transactions that may have written something."""
    for scope, call, sent in _sent(project, module):
        transaction = project.in_transaction(scope, call)
        if transaction is None or (transaction.opened.kind == REQUEST and not _of_written(scope, call)):
            continue
        if transaction.opened.kind == PYRAMID and sent.task is not None and not project.base_class(sent.task)[1]:
            continue  # a task class that is not known may wait for the commit
        if project.transactions.may_write(transaction, scope, call):
            yield SentInTransaction(scope, call, sent, transaction)


def _trace(project: Project, transaction: Transaction, module: Module) -> str:
    """Where the transaction is opened and how it leads here, where that is not to be seen around the call."""
    if not transaction.calls:
        return ""
    names = [_label(transaction.scope)]
    for scope, call in transaction.calls:
        function = project.function(scope, call.func)
        names.append(_label(function) if function is not None else f"`{call.attr}`")
    line = transaction.opened.span.line
    where = (
        f"line {line}"
        if transaction.scope.module is module
        else project.where(transaction.scope, transaction.opened.span)
    )
    return f" ({where}: {' → '.join(names)})"


def _label(scope: Scope) -> str:
    return f"`{scope.qualname}`" if scope.qualname else "the module"


def _of_written(scope: Scope, call: Call) -> bool:
    """Whether the arguments come from an object that the same function has written before."""
    written: set[str] = set()
    for earlier in scope.calls:
        if earlier.attr in _MAKING and isinstance(earlier.func, Attr) and earlier.span.line <= call.span.line:
            if isinstance(earlier.func.base, Name):
                written.add(earlier.func.base.id)
            for assign in scope.assigns:
                if scope.call(assign.value) is earlier and isinstance(assign.target, Name):
                    written.add(assign.target.id)
    given = [*call.args, *(value for _, value in call.keywords)]
    return any(name in written for expr in given for name in _names(scope, expr))


def _names(scope: Scope, expr: Expr) -> Iterator[str]:
    """The plain names that an expression is made of."""
    for part in parts(expr):
        if isinstance(part, Name):
            yield part.id
        elif isinstance(part, CallRef):
            call = scope.calls[part.index]
            for inner in (call.func, *call.args, *(value for _, value in call.keywords)):
                yield from _names(scope, inner)


# --- CEL514


@rule("CEL514")
def delay_in_model_signal(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks sent by receivers of model signals, and by overridden `save` and `delete` methods of models."""
    for found in sent_by_models(module, project):
        by = "" if not found.route.calls else f" (by way of `{found.scope.qualname}`)"
        message = f"{found.sent.what} is sent by {found.moment.by}{by}{found.moment.outcome}"
        yield Finding(found.call.span, message, remedy=_after_commit(project, found.call.attr))


def _after_commit(project: Project, method: str | None) -> str:
    """How Django sends after the commit with the project's Celery; "" where the rule's page says that."""
    version = project.celery_version()
    if version is None or method not in ("delay", "apply_async"):
        return ""
    if version.is_before(5, 4):
        return f"Hand `partial(task.{method}, ...)` to `transaction.on_commit`."
    return f"Send with `task.{method}_on_commit(...)`."


@dataclass(frozen=True)
class Moment:
    """What runs as a model is saved or deleted, and what comes of sending a task then, in words. `written` tells that
    the rows have been written or deleted before."""

    by: str
    outcome: str
    written: bool


@dataclass(frozen=True)
class SentByModel:
    """A call in `scope` that sends something as a model is saved or deleted, which runs it by `route`."""

    scope: Scope
    call: Call
    sent: Sent
    route: Route
    moment: Moment


def sent_by_models(module: Module, project: Project) -> Iterator[SentByModel]:
    """What a module sends as models are saved and deleted, outside of transactions that can be seen."""
    for scope, call, sent in _sent(project, module):
        if project.transactions.asks(scope) or excused(scope, call) or project.in_transaction(scope, call) is not None:
            continue
        for route in project.calls.routes(scope):
            if project.transactions.asks(route.scope) or project.calls.deferred(route.scope):
                continue
            if any(excused(*link) for link in route.calls):
                continue
            first = route.calls[0][1] if route.calls else call
            moment = _moment(project, route.scope, first, delayed=_is_delayed(project, scope, sent))
            if moment is not None:
                yield SentByModel(scope, call, sent, route, moment)
                break


def _is_delayed(project: Project, scope: Scope, sent: Sent) -> bool:
    """Whether the task is to wait for a while, which leaves time for the commit."""
    options = sent.dispatch.options if sent.dispatch is not None else {}
    given = [options[name] for name in ("countdown", "eta") if name in options]
    return any(project.value(scope, expr) not in (None, 0) for expr in given)


def _moment(project: Project, scope: Scope, call: Call, *, delayed: bool) -> Moment | None:
    """The moment at which the call is made, where the scope is run as a model is saved or deleted."""
    early, commit = (_EARLY_LATER, _COMMIT_LATER) if delayed else (_EARLY, _COMMIT)
    received = receiver(project, scope)
    signals = {SIGNALS[name] for name in received.signals if name in SIGNALS} if received is not None else set()
    if signals:
        signal = max(signals, key=_ORDER.index)
        written = signals.isdisjoint(("pre_save", "pre_delete"))
        if signal == "pre_save":
            return Moment("a receiver of `pre_save`", f": the row is not written yet, {early}", written)
        if signal != "post_save":
            return Moment(f"a receiver of `{signal}`", f", which Django calls inside a transaction: {commit}", written)
        return Moment("a receiver of `post_save`", f", inside the transaction of whoever saves: {commit}", written)
    if scope.kind != "function" or scope.name not in ("save", "delete") or not _is_model(project, scope):
        return None
    lines = [c.span.line for c in scope.calls if c.attr == scope.name and isinstance(c.func, Attr)]
    by, written = f"`{scope.qualname}`", bool(lines) and lines[0] < call.span.line
    if scope.name == "save" and lines and lines[0] > call.span.line:
        return Moment(by, f" before the row is written: {early}", written)
    return Moment(by, f", inside the transaction of whoever calls it: {commit}", written)


def _is_model(project: Project, method: Scope) -> bool:
    cls = method.enclosing
    if cls is None or cls.kind != "class":
        return False
    return any(a is not None and a.scope is None and _names_model(a.name) for a in project.names.ancestors(cls))


def _names_model(name: str) -> bool:
    return name in MODELS or (".models." in name and "mixin" not in name.lower() and not name.endswith("()"))


_ORDER = ("pre_save", "m2m_changed", "pre_delete", "post_delete", "post_save")
"""Signals of models, the one that says most about a receiver last."""

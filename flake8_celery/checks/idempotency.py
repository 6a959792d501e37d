"""Effects that a second run of a task repeats."""

from __future__ import annotations

from collections.abc import Iterator

from ..frozen import dataclass
from ..intent import IDEMPOTENT, idempotent, may_run_twice
from ..knowledge.effects import (
    ATTEMPT_WORDS,
    CHARGES,
    F_EXPRESSIONS,
    FETCHES,
    KEYS,
    ONCE,
    ONCE_WORDS,
    RECORD_WORDS,
    REDIS_ADDITIVE,
    REDIS_CLIENTS,
    STORES,
)
from ..knowledge.http_clients import MAIL, NO_TIMEOUT, is_network, may_be_raised
from ..model import (
    Assign,
    Attr,
    Await,
    Block,
    Call,
    CallRef,
    Const,
    Dict,
    Expr,
    Finding,
    Format,
    Items,
    Module,
    Name,
    Op,
    Scope,
    Span,
    Task,
    dotted,
)
from ..project import Project
from ..rule import rule
from .network import call_name, catches, deals_with, is_scheduled, network_calls
from .places import name as shown

_POLICY = (
    "autoretry_for", "default_retry_delay", "dont_autoretry_for", "max_retries", "retry_backoff", "retry_kwargs",
)  # fmt: skip


# --- whether a task can run again


@dataclass(frozen=True)
class Rerun:
    """Why a task certainly can run more than once.

    `errors` are the names of the errors that `autoretry_for` lists (None for one that cannot be told), `retries` the
    calls of `self.retry()` in the task's body.
    """

    errors: tuple[str | None, ...]
    retries: tuple[Call, ...]
    late: bool


def rerun(project: Project, task: Task) -> Rerun | None:
    """How the task can run again, None where nothing says that it does."""
    late = project.option(task, "acks_late").truth(False) is True
    errors: tuple[str | None, ...] = ()
    retries: tuple[Call, ...] = ()
    if project.option(task, "max_retries").number != 0:
        found = project.option(task, "autoretry_for")
        if found.is_set and found.value not in ((), [], None, False):
            errors = _autoretry_errors(project, task)
        retries = tuple(c for c in task.function.calls if _is_retry(project, task, c))
    return Rerun(errors, retries, late) if errors or retries or late else None


def _autoretry_errors(project: Project, task: Task) -> tuple[str | None, ...]:
    outer = task.function.enclosing
    call = outer.call(task.decorator.expr) if outer is not None and task.decorator is not None else None
    expr = call.keyword("autoretry_for") if call is not None else None
    if outer is None or not isinstance(expr, Items):
        return (None,)
    return tuple(project.name(outer, item) for item in expr.items)


def _is_retry(project: Project, task: Task, call: Call) -> bool:
    if not isinstance(call.func, Attr) or call.func.attr != "retry":
        return False
    first = task.function.params[0].name if task.function.params else ""
    if call.func.base == Name(first):
        return task.bound is True or task.cls is not None
    return project.task(task.function, call.func.base) is task


# --- effects


@dataclass(frozen=True)
class Effect:
    """Something that adds up.

    It stands at `span` and has happened at `done` in `block`. `does` and `twice` are words for messages. `call` is the
    call that does it.
    """

    kind: str
    span: Span
    done: Span
    block: int
    does: str
    twice: str
    call: Call | None = None
    name: str = ""


def effects(project: Project, task: Task) -> Iterator[Effect]:
    """The effects in the task's own body whose second time does more than the first."""
    scope = task.function
    for assign in scope.assigns:
        found = _addition(project, scope, assign)
        if found is not None:
            yield found
    for call in scope.calls:
        found = _effect(project, scope, call)
        if found is not None:
            yield found


def _addition(project: Project, scope: Scope, assign: Assign) -> Effect | None:
    """`account.balance += amount`, where `account` is a stored object that is saved later."""
    target = assign.target
    if not isinstance(target, Attr) or _counts_runs(target.attr) or not _is_stored(scope, target.base):
        return None
    if assign.operator in ("+=", "-="):
        if not _may_be_number(assign.value):
            return None
    elif assign.operator == "=":
        if not isinstance(assign.value, Op) or assign.value.operator not in ("+", "-"):
            return None
        if not all(_may_be_number(o) for o in assign.value.operands):
            return None
        if assign.value.operands[0] != target and not _has_f(project, scope, assign.value):
            return None
    else:
        return None
    store = next((c for c in scope.calls if _before(assign.span, c.span) and _stores(c, target.base)), None)
    if store is None:
        return None
    what = f"`{dotted(target) or target.attr}`"
    if assign.operator == "-=" or (isinstance(assign.value, Op) and assign.value.operator == "-"):
        return Effect("adds", assign.span, store.span, store.block, f"subtracts from {what}", "it is subtracted twice")
    return Effect("adds", assign.span, store.span, store.block, f"adds to {what}", "it is added twice")


def _stores(call: Call, base: Expr) -> bool:
    if call.attr not in STORES or not isinstance(call.func, Attr):
        return False
    return call.func.base == base if call.attr in ("save", "asave") else call.func.base != base


def _is_stored(scope: Scope, base: Expr) -> bool:
    """Whether the object was fetched from a database in this function."""
    while isinstance(base, Attr):
        base = base.base
    if not isinstance(base, Name):
        return False
    assigns = scope.assigned(base.id)
    return bool(assigns) and all(
        a.operator == "for" or (a.operator in ("=", ":=") and _is_fetch(scope, a.value)) for a in assigns
    )


def _is_fetch(scope: Scope, expr: Expr) -> bool:
    call = scope.call(expr)
    return call is not None and call.attr in FETCHES


def _may_be_number(expr: Expr) -> bool:
    if isinstance(expr, Const):
        return isinstance(expr.value, int | float)
    return not isinstance(expr, Format | Items | Dict)


def _has_f(project: Project, scope: Scope, expr: Expr) -> bool:
    """`F("balance") + …` or `… - F(…)`."""
    if not isinstance(expr, Op) or expr.operator not in ("+", "-"):
        return False
    for operand in expr.operands:
        call = scope.call(operand)
        if call is not None and project.name(scope, call.func) in F_EXPRESSIONS:
            return True
        if _has_f(project, scope, operand):
            return True
    return False


def _effect(project: Project, scope: Scope, call: Call) -> Effect | None:
    def made(kind: str, does: str, twice: str, name: str = "") -> Effect:
        return Effect(kind, call.span, call.span, call.block, does, twice, call, name)

    attr = call.attr
    if attr in ("update", "aupdate") and isinstance(call.func, Attr):
        for field, value in call.keywords:
            if field is not None and not _counts_runs(field) and _has_f(project, scope, value):
                return made("adds", f"adds to the field `{field}`", "it is added twice")
        return None
    if attr in ("create", "acreate", "bulk_create", "abulk_create") and isinstance(call.func, Attr):
        model = _model(project, scope, call)
        if model is not None:
            return made("creates", f"creates a row of `{model}`", "there are two rows")
    if attr in ("add", "add_all", "save", "asave"):
        row = _new_row(project, scope, call)
        if row is not None:
            model, done = row
            return Effect(
                "creates", call.span, done.span, done.block, f"adds a row of `{model}`", "there are two rows", call
            )
    name = call_name(project, scope, call)
    if name is None:
        return None
    if name in CHARGES:
        if call.has_spread or mentions_key(scope, call):
            return None
        return made(
            "charges", f"calls `{name.replace('()', '')}` without an idempotency key", "money moves twice", name
        )
    if name in MAIL:
        return made("sends", f"calls `{name.replace('()', '')}`", "it is sent twice", name)
    base, _, method = name.rpartition(".")
    if method in REDIS_ADDITIVE and base in REDIS_CLIENTS and call.use in ("statement", "await"):
        if call.args and any(_counts_runs(word) for word in _words(call.args[0])):
            return None
        return made("counts", f"calls `{method}` on a shared store", "it counts twice")
    if method in ("write", "writelines") and _appends(project, scope, call):
        return made("appends", "appends to a file", "the text is there twice")
    return None


def _model(project: Project, scope: Scope, call: Call) -> str | None:
    """The Django model of `Model.objects.create(...)` without a key, None for anything else."""
    manager = call.func.base if isinstance(call.func, Attr) else None
    if not isinstance(manager, Attr) or not manager.attr.endswith("objects"):
        return None
    model = (dotted(manager.base) or "").rpartition(".")[2]
    if not model[:1].isupper() or any(word in model.lower() for word in RECORD_WORDS):
        return None
    given = {key for key, _ in call.keywords}
    if None in given or given & KEYS or given & {"ignore_conflicts", "update_conflicts"}:
        return None
    cls = project.function(scope, manager.base)
    return None if cls is not None and _has_unique(cls) else model


def _new_row(project: Project, scope: Scope, call: Call) -> tuple[str, Call] | None:
    """The model of `session.add(Model(...))` or `Model(...).save()`, and the call that stores it."""
    if not isinstance(call.func, Attr) or call.has_spread:
        return None
    if call.attr in ("save", "asave"):
        made, done = None if call.args else _made(scope, call.func.base), call
    else:
        made = _made(scope, call.args[0]) if len(call.args) == 1 else None
        commits = (c for c in scope.calls if c.attr in ("commit", "flush") and isinstance(c.func, Attr))
        base = call.func.base
        later = next((c for c in commits if c.func == Attr(base, c.attr or "") and _before(call.span, c.span)), None)
        if later is None:
            return None
        done = later
    model = made.attr if made is not None else None
    if made is None or model is None or not model[:1].isupper() or any(word in model.lower() for word in RECORD_WORDS):
        return None
    given = {key for key, _ in made.keywords}
    if made.args or None in given or given & KEYS or ".models." not in (project.name(scope, made.func) or ""):
        return None
    cls = project.function(scope, made.func)
    return None if cls is not None and _has_unique(cls) else (model, done)


def _made(scope: Scope, expr: Expr) -> Call | None:
    """The call that made an object, also one kept in a variable."""
    if isinstance(expr, Name):
        assigns = scope.assigned(expr.id)
        return scope.call(assigns[0].value) if len(assigns) == 1 and assigns[0].operator == "=" else None
    return scope.call(expr)


def _has_unique(cls: Scope) -> bool:
    """Whether the model says that something is unique."""
    for scope in (cls, *cls.children):
        for call in scope.calls:
            if call.attr in ("OneToOneField", "UniqueConstraint"):
                return True
            if any(key is not None and key.startswith("unique") for key, _ in call.keywords):
                return True
        if scope.assigned("unique_together"):
            return True
    return False


def mentions_key(scope: Scope, call: Call) -> bool:
    """Whether an idempotency key is among the arguments, also in a nested dictionary or call."""
    values = [*call.args, *(v for _, v in call.keywords)]
    return any("idempot" in (k or "").lower() for k, _ in call.keywords) or any(
        "idempot" in word.lower() for value in values for word in _words(value, scope)
    )


def _words(expr: Expr, scope: Scope | None = None) -> Iterator[str]:
    """The strings and names in an expression."""
    match expr:
        case Const(value=str() as text):
            yield text
        case Name(id=text):
            yield text
        case Attr(base=base, attr=text):
            yield text
            yield from _words(base, scope)
        case Format(parts=parts) | Op(operands=parts) | Items(items=parts):
            for part in parts:
                yield from _words(part, scope)
        case Dict(items=items):
            for key, value in items:
                if key is not None:
                    yield from _words(key, scope)
                yield from _words(value, scope)
        case CallRef() if scope is not None:
            inner = scope.calls[expr.index]
            yield from (k for k, _ in inner.keywords if k is not None)
            yield from _words(inner.func, scope)
            for value in (*inner.args, *(v for _, v in inner.keywords)):
                yield from _words(value, scope)
        case Await(value=value):
            yield from _words(value, scope)


def _appends(project: Project, scope: Scope, call: Call) -> bool:
    target = project.target(scope, call.func.base) if isinstance(call.func, Attr) else None
    if target is None or target.made is None:
        return False
    where, opened = target.made
    if target.name == "builtins.open()":
        path, mode = opened.argument(0, "file"), opened.argument(1, "mode")
    elif target.name == "pathlib.Path().open()":
        path, mode = None, opened.argument(0, "mode")
    else:
        return False
    text = project.value(where, mode)
    if path is not None and any("log" in word.lower() for word in _words(path)):
        return False
    return isinstance(text, str) and text.startswith("a")


def _counts_runs(name: str) -> bool:
    return any(part.startswith(ATTEMPT_WORDS) for part in name.lower().replace(":", "_").replace("-", "_").split("_"))


# --- guards


def takes_care(task: Task) -> bool:
    """Whether anything in or around the body shows that a second run was thought of, wherever it is."""
    scope = task.function
    if task.wrappers or any(_once(option) for option in task.options if option != IDEMPOTENT) or _once(task.base):
        return True
    outer = scope.enclosing
    for decorator in scope.decorators:
        call = outer.call(decorator.expr) if outer is not None else None
        if _once(dotted(call.func if call is not None else decorator.expr) or ""):
            return True
    for block in scope.blocks:
        if block.kind == "with" and any(_once(word) for word in _words(block.test or Const(None), scope)):
            return True
    for call in scope.calls:
        if call.attr in ONCE or _once(call.attr or "") or call.keyword("nx") is not None:
            return True
        if call.attr == "add" and isinstance(call.func, Attr) and "cache" in (dotted(call.func) or "").lower():
            return True
        if any(k in ("ignore_conflicts", "update_conflicts") for k, _ in call.keywords) or mentions_key(scope, call):
            return True
    return False


def _once(name: str) -> bool:
    name = name.lower().replace("block", "").replace("clock", "")
    return any(word in name for word in ONCE_WORDS)


def guarded(task: Task, effect: Effect) -> bool:
    """Whether the effect happens only in some state: below a condition, in a handler, or after an early return."""
    scope = task.function
    around = [-1]
    for index, block in scope.around(effect.block):
        around.append(index)
        if block.kind in ("except", "case", "while") or (block.kind in ("if", "else") and _is_state(task, block.test)):
            return True
    exits = [(r.block, r.span) for r in scope.returns] + [
        (f.block, f.span) for f in scope.flows if f.kind == "continue"
    ]
    for index, span in exits:
        if not _before(span, effect.done):
            continue
        for inner, block in scope.around(index):
            apart = block.kind in ("if", "else") and block.parent in around and inner not in around
            if apart and _is_state(task, block.test):
                return True
    return False


def has_early_return(task: Task) -> bool:
    """Whether the task returns early on a state, or does something in one state only."""
    return any(block.kind in ("if", "case") and _is_state(task, block.test) for block in task.function.blocks)


def _is_state(task: Task, test: Expr | None) -> bool:
    """Whether a condition looks at a state, and not only at the arguments or at whether an object was found."""
    scope = task.function
    match test:
        case None:
            return False
        case Const():
            return False
        case Name(id=name):
            if scope.param(name) is not None:
                return False
            assigns = scope.assigned(name)
            return not (assigns and all(_is_fetch(scope, a.value) for a in assigns))
        case Op(operator="is" | "is not" | "not" | "and" | "or", operands=operands):
            return any(_is_state(task, o) for o in operands)
        case Op(operands=operands):
            return any(_is_state(task, o) for o in operands)
    return True


# --- order


def _before(first: Span, second: Span) -> bool:
    return (first.line, first.column) < (second.line, second.column)


def _follows(scope: Scope, effect: Effect, span: Span, block: int) -> bool:
    """Whether what stands at `span` may run after the effect in the same run of the task."""
    mine = [-1, *(i for i, _ in scope.around(effect.block))]
    theirs = [-1, *(i for i, _ in scope.around(block))]
    common = next(i for i in (*mine[1:], -1) if i in theirs)
    if not _before(effect.done, span):
        return False
    top_mine, top_theirs = _below(scope, effect.block, common), _below(scope, block, common)
    if top_mine is not None and top_theirs is not None and _exclusive(top_mine, top_theirs):
        return False
    for index, _ in scope.around(effect.block):
        if index == common:
            break
        leaves = [r.span for r in scope.returns if r.block == index]
        leaves += [r.span for r in scope.raises if r.block == index]
        leaves += [f.span for f in scope.flows if f.block == index and f.kind in ("break", "continue")]
        if any(_before(effect.done, leave) for leave in leaves):
            return False
    if common == -1:
        leaves = [r.span for r in scope.returns if r.block == -1]
        return not any(_before(effect.done, leave) and _before(leave, span) for leave in leaves)
    return True


def _below(scope: Scope, block: int, common: int) -> Block | None:
    """The outermost block around `block` below the block `common`."""
    found = None
    for index, around in scope.around(block):
        if index == common:
            break
        found = around
    return found


def _exclusive(first: Block, second: Block) -> bool:
    if first is second:
        return False
    if {first.kind, second.kind} <= {"if", "else"}:
        return first.kind != second.kind and first.test == second.test
    if first.kind == second.kind == "case":
        return True
    return (
        first.kind in ("except", "try-else") and second.kind in ("except", "try-else") and first.owner == second.owner
    )


def _in_atomic(task: Task, effect: Effect, block: int) -> bool:
    """Whether one transaction covers the effect and what stands in `block`."""
    scope = task.function
    theirs = {i for i, _ in scope.around(block)}
    for index, around in scope.around(effect.block):
        if around.kind == "with" and index in theirs and _is_atomic(scope, around.test):
            return True
    outer = scope.enclosing
    return outer is not None and any(_is_atomic(outer, d.expr) for d in scope.decorators)


def _is_atomic(scope: Scope, expr: Expr | None) -> bool:
    call = scope.call(expr)
    func = call.func if call is not None else expr
    return (dotted(func) or "").rpartition(".")[2] in ("atomic", "begin", "begin_nested", "transaction")


# --- what starts the task over


@dataclass(frozen=True)
class Point:
    """A call in the task's body whose failure may leave it."""

    span: Span
    block: int
    name: str
    shown: str


def _points(project: Project, task: Task) -> list[Point]:
    """The network calls in the task's body, and the calls of project functions that lead to one."""
    scope = task.function
    found = []
    leads: dict[tuple[str, int], tuple[str, str]] = {}
    for inner in network_calls(project, task):
        if len(inner.path) == 1 or inner.path[0][0] is not scope:
            continue
        first = inner.path[0]
        if any(deals_with(project, s, c.block, inner.name) for s, c in inner.path[1:]):
            continue
        function = project.function(first[0], first[1].func)
        if function is not None:
            leads[(function.module.path, function.index)] = (inner.name, function.qualname)
    for call in scope.calls:
        name = call_name(project, scope, call)
        if name is not None and (is_network(name) or name in NO_TIMEOUT or name in CHARGES):
            found.append(Point(call.span, call.block, name, name.replace("()", "")))
            continue
        function = project.function(scope, call.func)
        lead = leads.get((function.module.path, function.index)) if function is not None else None
        if lead is not None:
            found.append(Point(call.span, call.block, *lead))
    return found


def _starts_over(project: Project, task: Task, effect: Effect, points: list[Point], how: Rerun) -> str | None:
    """What makes the task run again after the effect, in words; None where nothing is seen."""
    scope = task.function
    database = effect.kind in ("adds", "creates")
    loops = {i for i, b in scope.around(effect.block) if b.kind in ("for", "while")}

    def after(span: Span, block: int) -> bool:
        if database and _in_atomic(task, effect, block):
            return False
        if effect.call is not None and span == effect.span:
            return effect.kind == "charges" or (bool(loops) and effect.kind == "sends" and not _marks(scope, loops))
        if loops & {i for i, _ in scope.around(block)} and effect.kind == "sends" and not _marks(scope, loops):
            return True
        return _follows(scope, effect, span, block)

    following = [p for p in points if after(p.span, p.block)]
    for point in following:
        if not any(may_be_raised(point.name, error) for error in how.errors):
            continue
        if not deals_with(project, scope, point.block, point.name):
            return _failure(effect, point, "autoretry_for")
    for retry in how.retries:
        handler = next((b for _, b in scope.around(retry.block) if b.kind == "except"), None)
        if handler is None:
            if after(retry.span, retry.block):
                return "`self.retry()` starts the task over"
            continue
        attempt = scope.blocks[handler.owner]
        clause = next(h for h in attempt.handlers if scope.inside(retry.block, h.block))
        if scope.inside(effect.block, handler.owner):
            for point in following:
                if scope.inside(point.block, handler.owner) and catches(project, scope, clause, point.name):
                    return _failure(effect, point, "self.retry()")
        elif after(attempt.span, attempt.parent):
            return "`self.retry()` starts the task over"
    if how.late:
        if effect.kind in ("adds", "counts", "appends", "charges"):
            return "the message is delivered again when the worker dies (`acks_late`)"
        if following:
            return f"the message is delivered again when the worker dies in `{following[0].shown}` (`acks_late`)"
    return None


def _failure(effect: Effect, point: Point, by: str) -> str:
    later = effect.kind == "sends" and not _before(effect.span, point.span)
    what = "a failure in a later round of the loop" if later else f"a failure of `{point.shown}`"
    return f"{what} starts the task over (`{by}`)"


def _marks(scope: Scope, loops: set[int]) -> bool:
    """Whether the loop notes what is done, so that the next run can leave it out."""
    inside = [c for c in scope.calls if any(i in loops for i, _ in scope.around(c.block))]
    return any(c.attr in (*STORES, "update", "delete", "remove", "add", "create", "discard", "pop") for c in inside)


# --- the rules


@rule("CEL308")
def non_idempotent_redelivery(module: Module, project: Project) -> Iterator[Finding]:
    """A task that can run again has an effect that adds up."""
    for task in project.running_tasks_of(module):
        how = rerun(project, task)
        if how is None or task.function.module is not module or takes_care(task) or may_run_twice(project, task):
            continue
        found = [e for e in effects(project, task) if not guarded(task, e)]
        points = _points(project, task) if found else []
        for effect in found:
            cause = _starts_over(project, task, effect, points, how)
            if cause is not None:
                yield Finding(effect.span, f"{shown(task)} {effect.does}, and {cause}: {effect.twice}")


@rule("CEL903")
def retry_without_idempotency(module: Module, project: Project) -> Iterator[Finding]:
    """A task names no retry policy, or can run again and is not declared idempotent."""
    for task in project.tasks_of(module):
        if not task.complete:
            continue
        name = shown(task)
        how = rerun(project, task)
        if (how is None or not (how.errors or how.retries)) and not _names_policy(project, task):
            yield Finding(task.span, f"{name} names no retry policy: nothing says what happens after a failure")
            continue
        if how is None:
            continue
        declared = idempotent(project, task)
        why = "acknowledges late" if not how.errors and not how.retries else "retries"
        if declared.truth(False) is False and declared.is_set:
            yield Finding(task.span, f"{name} {why}, but says that it is not idempotent")
        elif declared.is_unset and not takes_care(task) and not has_early_return(task):
            effect = next(effects(project, task), None)
            does = f" and {effect.does}" if effect is not None else ""
            yield Finding(task.span, f"{name} {why}{does}, and does not say that it may run twice (`idempotent=True`)")


def _names_policy(project: Project, task: Task) -> bool:
    if any(not project.option(task, option).is_unset for option in _POLICY):
        return True
    return is_scheduled(project, task) or project.retries(task)

"""Which calls run inside a database transaction: lexically, by a decorator, or because a caller has opened one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from .branches import apart, other_sides
from .calls import Calls, Route
from .frozen import dataclass
from .knowledge.transactions import (
    ADMIN_METHODS,
    ASKING,
    ATOMIC,
    BEGIN,
    CONTEXT_MANAGERS,
    EAGER,
    EVALUATING,
    HARMLESS,
    LOCKING,
    LOGGERS,
    METHOD_DECORATOR,
    NOT_ATOMIC,
    PYRAMID_TM,
    PYRAMID_VIEWS,
    READING,
    SENDING,
    SESSION_NAMES,
    SESSION_WRITES,
    SQLALCHEMY,
    STORED,
    VIEW_CLASSES,
    VIEW_METHODS,
    WRITING,
)
from .model import Attr, Call, Const, Decorator, Dict, Expr, Module, Name, Op, Scope, Span, Sub, dotted
from .names import Names
from .reads import parts, reads

_ATOMIC_REQUESTS = Const("ATOMIC_REQUESTS")
_ACTIVATE = Const("tm.activate_hook")
"""The setting that tells pyramid_tm which requests are transactions."""

DJANGO, SESSION, ADMIN, REQUEST, PYRAMID = "django", "session", "admin", "request", "pyramid"
_BY_HAND = (SESSION, PYRAMID)
"""Transactions that code may commit before they end by themselves."""


@dataclass(frozen=True)
class Opened:
    """What opens a transaction: `label` is its name for messages, `kind` whose it is, `span` where it stands, `block`
    the `with` that it is, -1 where it is around the whole function. `using` is Django's alias of its database, None
    where that cannot be told."""

    kind: str
    label: str
    span: Span
    block: int = -1
    using: str | None = "default"


@dataclass(frozen=True)
class Transaction:
    """A transaction in which a call may run: opened in `scope` by `opened`, and led to by `calls`, the outermost first,
    each with the scope it stands in; none where the call itself stands in `scope`."""

    scope: Scope
    opened: Opened
    calls: tuple[tuple[Scope, Call], ...] = ()


class Transactions:
    """The transactions of a project. `modules` are those whose calls are known."""

    def __init__(self, names: Names, calls: Calls, modules: Callable[[], Iterable[Module]]) -> None:
        self._names = names
        self._calls = calls
        self._modules = modules
        self._managers: dict[tuple[str, int], Opened | None] = {}
        self._functions: dict[tuple[str, int], Opened | None] = {}
        self._reaching: dict[tuple[str, int], Transaction | None] = {}
        self._requests: bool | None = None
        self._manages: bool | None = None

    def around(self, scope: Scope, call: Call) -> Transaction | None:
        """A transaction that a call runs in, the nearest first; None where it is in none, as far as can be told."""
        if self.asks(scope) or excused(scope, call):
            return None
        opened = self._block(scope, call) or self._function(scope)
        if opened is not None and not (opened.kind in _BY_HAND and self._committed(scope, call, -1)):
            return Transaction(scope, opened)
        found = self._reached(scope)
        if found is not None and self._is_unsaved(found, scope, call):
            found = next((t for t in self._callers(scope) if not self._is_unsaved(t, scope, call)), None)
        if found is not None and found.opened.kind in _BY_HAND and self._committed(scope, call, -1):
            return None
        return found

    def _reached(self, scope: Scope) -> Transaction | None:
        """The transaction of the nearest caller of a scope that has opened one."""
        key = (scope.module.path, scope.index)
        if key not in self._reaching:
            self._reaching[key] = next(self._callers(scope), None)
        return self._reaching[key]

    def _callers(self, scope: Scope) -> Iterator[Transaction]:
        for route in self._calls.routes(scope):
            if not route.calls or self.asks(route.scope) or any(excused(*link) for link in route.calls):
                continue
            if self._may_leave(route, scope) or any(self._saves_row(*link) for link in route.calls):
                continue
            caller, call = route.calls[0]
            opened = self._block(caller, call) or self._function(caller)
            if opened is None or opened.kind == REQUEST:
                continue
            if opened.kind in _BY_HAND and any(self._committed(s, c, -1) for s, c in route.calls):
                continue
            yield Transaction(caller, opened, route.calls)

    def _is_unsaved(self, transaction: Transaction, scope: Scope, call: Call) -> bool:
        """Whether a call in a method stands under `if self.pk`, while the way that leads there makes a new object and
        calls that method without saving it."""
        if not transaction.calls or not scope.params or not _asks_for_key(scope, call):
            return False
        here, link = transaction.calls[-1]
        row = link.func.base if isinstance(link.func, Attr) else None
        values = here.assigned(row.id) if isinstance(row, Name) else []
        made = here.call(values[0].value) if len(values) == 1 and values[0].operator == "=" else None
        if row is None or made is None or made.has_spread or made.keyword("pk") or made.keyword("id"):
            return False
        cls = self._names.resolve(here, made.func)
        if cls is None or cls.scope is None or cls.scope.kind != "class" or cls.instance:
            return False
        before = transaction.calls[-2][1] if len(transaction.calls) > 1 else None
        for other in here.calls:
            given = [*other.args, *(value for _, value in other.keywords)]
            uses = any(row in parts(expr) for expr in given)
            saves = isinstance(other.func, Attr) and other.func.base == row and other is not link
            if (uses or saves) and not (before is not None and _is_excluded(here, other, before)):
                return False
        return True

    def _saves_row(self, scope: Scope, call: Call) -> bool:
        """Whether a call saves or deletes a row that is stored: what `save` then sends depends on what has changed."""
        if call.attr not in ("save", "delete") or not isinstance(call.func, Attr):
            return False
        row = self._names.resolve(scope, call.func.base)
        if row is None or row.made is None:
            return False
        return row.made[1].attr in STORED or row.name.endswith("[]")

    @staticmethod
    def _may_leave(route: Route, scope: Scope) -> bool:
        """Whether a function on the way returns early, depending on an argument that it is given by keyword there, or
        goes on under a condition that the argument does not meet."""
        inner = [*(here for here, _ in route.calls[1:]), scope]
        if any(_leaves(callee, call) for (_, call), callee in zip(route.calls, inner, strict=True)):
            return True
        return any(
            _is_excluded(here, onward, call)
            for (_, call), (here, onward) in zip(route.calls, route.calls[1:], strict=False)
        )

    # --- what is done in it

    def may_write(self, transaction: Transaction, scope: Scope, call: Call) -> bool:
        """Whether anything on the way from where a transaction is opened to the call in `scope`, or beside it, may
        write to the database. What cannot be told may."""
        way = [*transaction.calls, (scope, call)]
        if transaction.opened.kind == PYRAMID:
            return any(
                _writes_session(other) and not _apart(here, other, link) for here, link in way for other in here.calls
            )
        for index, (here, link) in enumerate(way):
            block = transaction.opened.block if index == 0 else -1
            for other in here.calls:
                if other is link or not here.inside(other.block, block) or _apart(here, other, link):
                    continue
                if not self._quiet(here, other, 0):
                    return True
        return False

    def _quiet(self, scope: Scope, call: Call, depth: int) -> bool:
        """Whether a call writes nothing for certain."""
        name = call.attr or ""
        if call.use == "decorator" or name in SENDING or _is_of_dictionary(call):
            return True
        found = self._names.resolve(scope, call.func)
        if found is not None and found.name.startswith(HARMLESS):
            return True
        if name in WRITING:
            return False
        if name.startswith(READING) or name[:1].isupper() or name.endswith("_class"):
            return True
        if isinstance(call.func, Attr) and (dotted(call.func.base) or "").rpartition(".")[2] in LOGGERS:
            return True
        function = found.scope if found is not None else None
        if function is None or function.kind != "function" or depth > 3:
            return False
        return all(self._quiet(function, inner, depth + 1) for inner in function.calls)

    # --- with blocks

    def _block(self, scope: Scope, call: Call) -> Opened | None:
        """The innermost `with` around a call that opens a transaction."""
        for index, block in scope.around(call.block):
            if block.kind == "with" and block.test is not None:
                opened = self._manager(scope, block.test, block.span)
                if opened is not None and not (opened.kind == SESSION and self._committed(scope, call, index)):
                    return replace(opened, block=index)
        return None

    def _manager(self, scope: Scope, expr: Expr, span: Span) -> Opened | None:
        """What the context manager of a `with` opens."""
        call = scope.call(expr)
        if call is None:
            return None
        value = self._names.resolve(scope, expr)
        if value is not None and value.name == f"{ATOMIC}()":
            if _mentions_replica(call.keyword("using")):
                return None
            return Opened(DJANGO, f"`{dotted(call.func) or 'atomic'}()`", span, using=self._using(scope, call))
        if self._begins(scope, call):
            return Opened(SESSION, f"`{dotted(call.func) or call.attr}()`", span)
        function = self._names.resolve(scope, call.func)
        if function is None or function.scope is None or function.scope.kind != "function":
            return None
        inner = self._own_manager(function.scope)
        if inner is None:
            return None
        return replace(inner, label=f"`{dotted(call.func) or function.scope.name}()`", span=span)

    def _using(self, scope: Scope, call: Call) -> str | None:
        """The alias of the database that a call of `atomic` is given."""
        called = self._names.resolve(scope, call.func)
        if called is None or called.name != ATOMIC or call.has_spread:
            return None
        given = call.argument(0, "using")
        value = self._names.value(scope, given) if given is not None else None
        return "default" if value is None else value if isinstance(value, str) else None

    def _begins(self, scope: Scope, call: Call) -> bool:
        """Whether a call in a `with` begins a transaction of SQLAlchemy."""
        if not isinstance(call.func, Attr) or call.func.attr not in BEGIN:
            return False
        found = self._names.resolve(scope, call.func)
        if found is not None and found.name.startswith(SQLALCHEMY):
            return True
        base = self._names.resolve(scope, call.func.base)
        if base is not None and (base.scope is not None or base.made is not None) and base.name:
            return base.name.removesuffix("()").rpartition(".")[2] == "SQLAlchemy"
        last = (dotted(call.func.base) or "").rpartition(".")[2].lower()
        return last in SESSION_NAMES

    def _own_manager(self, function: Scope) -> Opened | None:
        """What a context manager of the project, written as a generator, opens around its `yield`."""
        key = (function.module.path, function.index)
        if key not in self._managers:
            self._managers[key] = None
            if self._decorated(function, CONTEXT_MANAGERS):
                self._managers[key] = self._around_yield(function)
        return self._managers[key]

    def _around_yield(self, function: Scope) -> Opened | None:
        for flow in function.flows:
            if flow.kind != "yield":
                continue
            for _, block in function.around(flow.block):
                if block.kind == "with" and block.test is not None:
                    opened = self._manager(function, block.test, block.span)
                    if opened is not None:
                        return opened
            for call in function.calls:
                if call.attr == "commit" and not call.args and call.span.line >= flow.span.line:
                    return Opened(SESSION, f"`{function.name}()`", flow.span)
        return None

    @staticmethod
    def _committed(scope: Scope, call: Call, block: int) -> bool:
        """Whether a session was committed before the call, within that block."""
        here = (call.span.line, call.span.column)
        return any(
            c.attr == "commit"
            and isinstance(c.func, Attr)
            and (c.span.line, c.span.column) < here
            and scope.inside(c.block, block)
            for c in scope.calls
        )

    @staticmethod
    def asks(scope: Scope) -> bool:
        """Whether a function tells by itself whether there is a transaction."""
        if any(call.attr in ASKING for call in scope.calls):
            return True
        return any(_mentions(block.test, ASKING) for block in scope.blocks if block.kind in ("if", "else"))

    # --- functions

    def _function(self, scope: Scope) -> Opened | None:
        """The transaction that the whole of a function runs in, whoever calls it."""
        if scope.kind != "function":
            return None
        key = (scope.module.path, scope.index)
        if key not in self._functions:
            self._functions[key] = (
                self._by_decorator(scope)
                or self._by_class(scope)
                or self._by_admin(scope)
                or self._by_lock(scope)
                or self._by_request(scope)
                or self._by_pyramid(scope)
            )
        return self._functions[key]

    def _by_decorator(self, scope: Scope) -> Opened | None:
        outer = scope.enclosing
        for decorator in scope.decorators:
            opened = self._decorates(outer, decorator.expr, decorator.span) if outer is not None else None
            if opened is not None:
                return opened
        return None

    def _decorates(self, outer: Scope, expr: Expr, span: Span) -> Opened | None:
        """What a decorator, which stands at `span`, opens around each call."""
        found = self._names.resolve(outer, expr)
        call = outer.call(expr)
        if found is not None and found.name in (ATOMIC, f"{ATOMIC}()"):
            using = self._using(outer, call) if call is not None else "default" if found.name == ATOMIC else None
            return Opened(DJANGO, f"`@{_written(outer, expr)}`", span, using=using)
        function = found
        if call is not None:
            function = self._names.resolve(outer, call.func)
            if function is not None and function.name in METHOD_DECORATOR and call.args:
                inner = self._decorates(outer, call.args[0], span)
                return replace(inner, label=f"`@{_written(outer, expr)}`") if inner is not None else None
        if function is None or function.scope is None or function.scope.kind != "function" or function.instance:
            return None
        wrapped = self._wraps(function.scope, 0)
        if wrapped is None:
            return None
        return replace(wrapped, label=f"`@{_written(outer, expr)}`", span=span, block=-1)

    def _wraps(self, decorator: Scope, depth: int) -> Opened | None:
        """What a decorator of the project opens as it calls what it decorates."""
        for child in decorator.children:
            if child.kind != "function":
                continue
            for call in child.calls:
                if isinstance(call.func, Name) and decorator.param(call.func.id) is not None:
                    opened = self._block(child, call) or self._by_decorator(child)
                    if opened is not None:
                        return opened
            if depth == 0 and (inner := self._wraps(child, 1)) is not None:
                return inner
        return None

    def _by_class(self, scope: Scope) -> Opened | None:
        """`@method_decorator(transaction.atomic, name="dispatch")` on the class."""
        cls = scope.enclosing
        outer = cls.enclosing if cls is not None and cls.kind == "class" else None
        if cls is None or outer is None:
            return None
        for decorator in cls.decorators:
            call = outer.call(decorator.expr)
            name = call.argument(1, "name") if call is not None else None
            if name in (Const("dispatch"), Const(scope.name)):
                opened = self._decorates(outer, decorator.expr, decorator.span)
                if opened is not None:
                    return replace(opened, kind=DJANGO)
        return None

    def _by_admin(self, scope: Scope) -> Opened | None:
        cls = scope.enclosing
        if scope.name not in ADMIN_METHODS or cls is None or cls.kind != "class":
            return None
        if any(a is not None and a.name.endswith("ModelAdmin") and a.scope is None for a in self._names.ancestors(cls)):
            return Opened(ADMIN, "the transaction of the admin's form", scope.span)
        return None

    def _by_lock(self, scope: Scope) -> Opened | None:
        """A row lock is taken without a `with` around it: then whoever calls the function has opened a transaction."""
        for call in scope.calls:
            if call.attr not in EVALUATING or not isinstance(call.func, Attr):
                continue
            inner = scope.call(call.func.base)
            while inner is not None and isinstance(inner.func, Attr):
                if inner.func.attr == LOCKING:
                    if self._block(scope, call) is None:
                        return Opened(DJANGO, f"the transaction that `{LOCKING}()` needs", inner.span)
                    break
                inner = scope.call(inner.func.base)
        return None

    def _decorated(self, function: Scope, names: frozenset[str]) -> bool:
        outer = function.enclosing
        if outer is None:
            return False
        found = (self._names.resolve(outer, decorator.expr) for decorator in function.decorators)
        return any(target is not None and target.name in names for target in found)

    # --- ATOMIC_REQUESTS

    def _by_request(self, scope: Scope) -> Opened | None:
        """A view, where every request is a transaction."""
        if not self._is_view(scope) or not self.atomic_requests:
            return None
        outer = scope.enclosing
        decorators: list[tuple[Scope, Decorator]] = [(outer, d) for d in scope.decorators] if outer is not None else []
        if outer is not None and outer.kind == "class" and outer.enclosing is not None:
            decorators.extend((outer.enclosing, d) for d in outer.decorators)
        for place, decorator in decorators:
            call = place.call(decorator.expr)
            given = [decorator.expr, *([call.func, *call.args] if call is not None else [])]
            if any((t := self._names.resolve(place, e)) is not None and t.name in NOT_ATOMIC for e in given):
                return None
        return Opened(REQUEST, "the transaction of the request (`ATOMIC_REQUESTS`)", scope.span)

    def _is_view(self, scope: Scope) -> bool:
        cls = scope.enclosing
        if cls is not None and cls.kind == "class":
            return scope.name in VIEW_METHODS and any(
                a is not None and a.name.startswith(VIEW_CLASSES) for a in self._names.ancestors(cls)
            )
        first = scope.params[0].name if scope.params else ""
        return (
            scope.parent == 0
            and first == "request"
            and not scope.is_async
            and "views" in scope.module.path.removesuffix(".py").split("/")
        )

    @property
    def atomic_requests(self) -> bool:
        """Whether Django's settings wrap every request in a transaction."""
        if self._requests is None:
            given = [value for module in self._modules() for value in self._sets_requests(module)]
            self._requests = bool(given) and all(value is True for value in given)
        return self._requests

    def _sets_requests(self, module: Module) -> Iterator[object]:
        for scope in module.scopes:
            if scope.kind == "function":
                continue
            for assign in scope.assigns:
                if isinstance(assign.target, Sub) and assign.target.index == _ATOMIC_REQUESTS:
                    yield self._names.value(scope, assign.value)
                elif assign.target == Name("DATABASES") and isinstance(assign.value, Dict):
                    for _, database in assign.value.items:
                        if isinstance(database, Dict):
                            for key, value in database.items:
                                if key == _ATOMIC_REQUESTS:
                                    yield self._names.value(scope, value)

    # --- Pyramid

    def _by_pyramid(self, scope: Scope) -> Opened | None:
        """A view of a Pyramid application whose requests are transactions."""
        outer = scope.enclosing
        if outer is None or not scope.decorators or not self.pyramid_tm:
            return None
        for decorator in scope.decorators:
            call = outer.call(decorator.expr)
            found = self._names.resolve(outer, call.func if call is not None else decorator.expr)
            if found is not None and found.name.startswith(PYRAMID_VIEWS):
                return Opened(PYRAMID, f"the transaction of the request (`{PYRAMID_TM}`)", scope.span)
        return None

    @property
    def pyramid_tm(self) -> bool:
        """Whether a Pyramid application makes every request a transaction, whatever the request."""
        if self._manages is None:
            included = any(call.args[:1] == (Const(PYRAMID_TM),) for _, call in self._calls.named("include"))
            self._manages = included and not any(
                part == _ACTIVATE for module in self._modules() for scope in module.scopes for part, _ in reads(scope)
            )
        return self._manages


def _writes_session(call: Call) -> bool:
    """Whether a call writes to a session of SQLAlchemy, as far as their names tell."""
    if call.attr not in SESSION_WRITES or not isinstance(call.func, Attr):
        return False
    return (dotted(call.func.base) or "").rpartition(".")[2].lower() in SESSION_NAMES | {"db", "dbsession"}


def _leaves(function: Scope, call: Call) -> bool:
    """Whether a function may return early because of a keyword argument of a call of it."""
    early = {r.block for r in function.returns if r.block >= 0 and function.blocks[r.block].kind == "if"}
    for key, value in call.keywords:
        for test in (function.blocks[block].test for block in early):
            if key is None or test is None or Name(key) not in parts(test):
                continue
            if not isinstance(value, Const) or test not in (Name(key), Op("not", (Name(key),))):
                return True
            if bool(value.value) is (test == Name(key)):
                return True
    return False


def _is_excluded(function: Scope, inner: Call, call: Call) -> bool:
    """Whether an inner call stands under a plain condition that a keyword argument of the call does not meet."""
    given = {
        Name(key): bool(value.value) for key, value in call.keywords if key is not None and isinstance(value, Const)
    }
    for _, block in function.around(inner.block):
        for name, truth in given.items():
            if block.kind in ("if", "else") and block.test in (name, Op("not", (name,))):
                if truth is not ((block.test == name) is (block.kind == "if")):
                    return True
    return False


def _is_of_dictionary(call: Call) -> bool:
    """Whether a call is `update` with a position: querysets take fields by keyword only."""
    return call.attr == "update" and len(call.args) == 1 and not call.keywords and isinstance(call.func, Attr)


def _asks_for_key(scope: Scope, call: Call) -> bool:
    """Whether a call in a method stands under a condition that its object has a key, as saved ones do."""
    keys = [Attr(Name(scope.params[0].name), key) for key in ("pk", "id")]
    tests = [block.test for _, block in scope.around(call.block) if block.kind == "if"]
    absent = [block.test for _, block in scope.around(call.block) if block.kind == "else"]
    return any(key in tests or Op("not", (key,)) in absent for key in keys)


def _apart(scope: Scope, one: Call, other: Call) -> bool:
    """Whether only one of two calls is made."""
    first, second = sorted((one, other), key=lambda call: (call.span.line, call.span.column))
    return apart(scope, first.block, second.block)


def excused(scope: Scope, call: Call) -> bool:
    """Whether a call stands under a condition that makes it right: tasks run in place, or the other side of the `if`
    waits for the commit."""
    waiting = [c.block for c in scope.calls if c.attr == "on_commit"]
    for index, block in scope.around(call.block):
        if block.kind not in ("if", "else"):
            continue
        if _mentions(block.test, EAGER):
            return True
        if any(scope.inside(b, other) for b in waiting for other in other_sides(scope, index)):
            return True
    return False


def _written(scope: Scope, expr: Expr) -> str:
    """A decorator as it is written, for messages."""
    call = scope.call(expr)
    if call is None:
        return dotted(expr) or "decorator"
    inner = dotted(call.args[0]) if call.args else None
    return f"{dotted(call.func) or 'decorator'}({inner or ''})"


def _mentions_replica(expr: Expr | None) -> bool:
    """Whether a database is one that is only read."""
    name = expr.value if isinstance(expr, Const) else dotted(expr)
    return isinstance(name, str) and "replica" in name.lower()


def _mentions(expr: Expr | None, names: frozenset[str]) -> bool:
    if isinstance(expr, Attr):
        return expr.attr in names or _mentions(expr.base, names)
    if isinstance(expr, Op):
        return any(_mentions(operand, names) for operand in expr.operands)
    return False


__all__ = ["ADMIN", "DJANGO", "PYRAMID", "REQUEST", "SESSION", "Opened", "Transaction", "Transactions", "excused"]

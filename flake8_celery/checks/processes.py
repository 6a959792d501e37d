"""What pool processes do not share, and what they must not share: children, connections, module variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge.forking import (
    CHILDLESS,
    CONNECTING,
    CONNECTS,
    LATER,
    LOADERS,
    NEED_ADDRESS,
    OPENING,
    PARENT_SIGNALS,
    PROCESSES,
    THREADED,
)
from ..model import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    Finding,
    Items,
    Module,
    Name,
    Op,
    Scope,
    Span,
    Sub,
    Task,
    dotted,
)
from ..reads import parts, reads
from ..rule import rule
from .limits import pools
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..names import Target
    from ..project import Project, Reach


def _childless(running: set[str] | None) -> bool:
    return bool(running) and running is not None and running <= CHILDLESS


# --- CEL407

_STARTING = frozenset(name.rpartition(".")[2] for name in PROCESSES | LOADERS)


@rule("CEL407")
def multiprocessing_in_prefork(module: Module, project: Project) -> Iterator[Finding]:
    """Processes of the standard library that a task, or a function it calls, starts in a pool process."""
    seen: set[Span] = set()
    for task in project.running_tasks_of(module):
        for reached, starts in project.in_reach(_starts, task):
            for call, started in starts:
                span, where = call.span, ""
                if reached.scope.module is not module:
                    span = next((c.span for s, c in reversed(reached.calls) if s.module is module), task.span)
                    where = f" ({project.where(reached.scope, call.span)})"
                if span in seen or _childless(pools(project, task)) or _is_prevented(project, task, reached, call):
                    continue
                seen.add(span)
                yield Finding(
                    span,
                    f"`{started}`{where} in {name(task)} raises AssertionError on the prefork pool: "
                    "daemonic processes are not allowed to have children",
                )


def _starts(project: Project, scope: Scope) -> list[tuple[Call, str]]:
    found = ((call, _started(project, scope, call)) for call in scope.calls)
    return [(call, started) for call, started in found if started is not None]


def _started(project: Project, scope: Scope, call: Call) -> str | None:
    """The name of what starts processes, if the call does."""
    if call.use == "decorator" or call.attr is None:
        return None
    if call.attr in _STARTING:
        called = project.name(scope, call.func)
        if called in PROCESSES:
            return called.replace("()", "")
        if called in LOADERS:
            given = project.value(scope, call.keyword("num_workers"))
            return called if isinstance(given, int) and given > 0 else None
    # a class of the module's own that derives from `Process`
    for cls in scope.module.classes if call.attr[:1].isupper() else ():
        if cls.name == call.attr and cls.bases and project.function(scope, call.func) is cls:
            above = project.names.ancestors(cls)
            return cls.name if any(base is not None and base.name in PROCESSES for base in above) else None
    return None


def _is_prevented(project: Project, task: Task, reached: Reach, call: Call) -> bool:
    """Whether the error is expected, the process is no daemon any more, or a helper may take another way."""
    scope = reached.scope
    if project.handling.catcher(scope, call.block, "AssertionError") is not None:
        return True
    for around in (scope, *(s for s, _ in reached.calls)):
        changed = (assign.target for assign in around.assigns)
        looked_at = (part for part, _ in reads(around))
        if any(isinstance(e, Attr) and e.attr in ("daemon", "_config") for e in (*changed, *looked_at)):
            return True
    if scope is task.function or not reached.calls:
        return False
    if any(block.kind in ("if", "else", "except", "case") for _, block in scope.around(call.block)):
        return True
    return any(returned.block >= 0 and returned.span.line < call.span.line for returned in scope.returns)


# --- CEL409


@rule("CEL409")
def fork_shared_connection(module: Module, project: Project) -> Iterator[Finding]:
    """Connections that are opened before the worker forks, and used by tasks."""
    seen: set[object] = set()
    for task in project.running_tasks_of(module):
        for reached, objects in project.in_reach(_objects, task):
            for expr, at in objects:
                target = project.target(reached.scope, expr)
                found = _opened_at_import(project, target) if target is not None else None
                if found is None or target is None:
                    continue
                (scope, made), what = found
                key = (scope.module.path, made.span)
                if key in seen or _childless(pools(project, task)) or _is_imported_late(reached, expr):
                    continue
                seen.add(key)
                variable = target.variable.rpartition(".")[2] or made.attr
                where = "" if scope.module is module else f" ({project.where(scope, made.span)})"
                span = made.span if scope.module is module else at
                if reached.scope.module is not module and scope.module is not module:
                    span = next((c.span for s, c in reversed(reached.calls) if s.module is module), task.span)
                yield Finding(span, f"`{variable}`{where} {_says(what)}, and {name(task)} uses it")
    yield from _opened_in_parent(module, project)


def _says(what: str) -> str:
    if what in THREADED.values():
        return f"is made at import: {what} stays behind when the worker forks, so that a pool process sends nothing"
    return f"is {what} opened at import: all pool processes share it, and get each other's replies"


def _objects(project: Project, scope: Scope) -> list[tuple[Expr, Span]]:
    """Names of objects that the scope calls a method of, or hands on, where a connection could be meant."""
    found: list[tuple[Expr, Span]] = []
    for call in scope.calls:
        if isinstance(call.func, Attr):
            found.append((call.func.base, call.span))
        for value in (*call.args, *(v for _, v in call.keywords)):
            if isinstance(value, Name):
                found.append((value, call.span))
    found += [(b.test, b.span) for b in scope.blocks if b.kind == "with" and isinstance(b.test, Name | Attr)]
    if not found:
        return []
    own = {param.name for param in scope.params} | {imported.name for imported in scope.imports}
    own |= {a.target.id for a in scope.assigns if isinstance(a.target, Name)} - set(scope.globals)
    kept = []
    known: dict[str, bool] = {}
    for expr, span in found:
        root = (dotted(expr) or "").partition(".")[0]
        if not root or root in own:
            continue
        if root not in known:
            known[root] = _may_hold_connection(project, scope.module, root)
        if known[root] and _maker(project.name(scope, expr) or "") is not None:
            kept.append((expr, span))
    return kept


def _may_hold_connection(project: Project, module: Module, root: str) -> bool:
    """Whether a name of the module may stand for a connection, or for a module or class that has one.

    To resolve an imported name would parse the file it comes from, and few have anything to do with connections: only
    those that import a package for them are looked into.
    """
    sources = project.index.derived(_sources, module).get(root)
    if sources is None:
        return project.index.derived(_opens, module)
    paths = (project.path_of(source, module) for source in sources)
    return any(path is not None and project.imports(path, CONNECTING) for path in paths)


def _sources(module: Module) -> dict[str, set[str]]:
    """What a module imports each name from, as far as it may be a module."""
    found: dict[str, set[str]] = {}
    for i in module.body.imports:
        parts_of = (i.target, i.target.rpartition(".")[0], i.loads)
        found.setdefault(i.name, set()).update(part for part in parts_of if part)
    return found


def _opens(module: Module) -> bool:
    opening = (c for s in module.scopes if s.kind in ("module", "class") for c in s.calls)
    return any(call.attr in OPENING for call in opening)


def _maker(called: str) -> str | None:
    """What an object by its canonical name comes from: `psycopg2.connect` for a cursor of such a connection."""
    end = called.find("()")
    while end >= 0:
        if called[:end] in CONNECTS or called[:end] in LATER or called[:end] in THREADED:
            return called[:end]
        end = called.find("()", end + 1)
    return None


def _opened_at_import(project: Project, target: Target) -> tuple[tuple[Scope, Call], str] | None:
    """Where a connection was opened while its module was imported, and what it is."""
    maker = _maker(target.name)
    if maker is None or target.made is None:
        return None
    scope, made = target.made
    if scope.kind not in ("module", "class") and not target.variable:
        return None
    tests = (block.test for _, block in scope.around(made.block) if block.kind == "if")
    if any(Name("__name__") in parts(test) for test in tests if test is not None):
        return None
    if maker in THREADED:
        return target.made, THREADED[maker]
    if maker in CONNECTS and (maker not in NEED_ADDRESS or made.args or made.keyword("host") is not None):
        return target.made, CONNECTS[maker]
    if maker in LATER:
        method, what = LATER[maker]
        for call in scope.calls:
            if call.attr == method and isinstance(call.func, Attr):
                base = project.target(scope, call.func.base)
                if base is not None and base.made is not None and base.made[1] is made:
                    return target.made, what
    return None


def _is_imported_late(reached: Reach, expr: Expr) -> bool:
    """Whether a function on the way imports what it uses itself, in the pool process."""
    used = [(reached.scope, expr), *((scope, call.func) for scope, call in reached.calls)]
    return any(
        part == Name(imported.name) for scope, written in used for imported in scope.imports for part in parts(written)
    )


def _opened_in_parent(module: Module, project: Project) -> Iterator[Finding]:
    """Connections that a receiver of a signal of the main process opens and keeps."""
    for scope in module.functions:
        kept = [a for a in scope.assigns if _is_kept(scope, a)]
        opened = [(a, made) for a in kept if (made := scope.call(a.value)) is not None]
        for _, made in opened:
            what = CONNECTS.get(project.name(scope, made.func) or "")
            if what is None or _childless(project.pools(None)):
                continue
            signal = _parent_signal(project, scope)
            if signal is not None:
                yield Finding(
                    made.span,
                    f"`{signal}` is sent in the worker's main process: {what} opened here is shared by all pool "
                    "processes, which get each other's replies",
                )


def _is_kept(scope: Scope, assign: Assign) -> bool:
    """Whether what is assigned outlives the function."""
    if isinstance(assign.target, Name):
        return assign.target.id in scope.globals
    return isinstance(assign.target, Attr | Sub)


def _parent_signal(project: Project, function: Scope) -> str | None:
    """The signal of the main process that a function receives."""
    outer = function.enclosing
    if outer is None:
        return None
    for decorator in function.decorators:
        call = outer.call(decorator.expr)
        signal = _signal(project.name(outer, call.func if call is not None else decorator.expr))
        if signal is not None:
            return signal
    for call in outer.calls:
        if call.attr == "connect" and call.args and project.function(outer, call.args[0]) is function:
            signal = _signal(project.name(outer, call.func))
            if signal is not None:
                return signal
    return None


def _signal(method: str | None) -> str | None:
    signal, _, last = (method or "").rpartition(".")
    return signal.rpartition(".")[2] if last == "connect" and signal in PARENT_SIGNALS else None


# --- CEL210

_MUTATING = frozenset(
    {
        "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "extendleft", "insert",
        "intersection_update", "pop", "popitem", "popleft", "remove", "setdefault", "subtract", "update",
    }
)  # fmt: skip
_MUTABLE = frozenset(
    f"{made}()"
    for made in (
        "builtins.dict",
        "builtins.list",
        "builtins.set",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
    )
)
_PER_PROCESS = (
    "cache", "client", "configured", "conn", "engine", "init", "instance", "loaded", "lock", "lru", "memo", "metric",
    "pipeline", "pool", "ready", "registered", "registry", "session", "singleton", "tracer", "warned",
)  # fmt: skip
"""Words in the names of what every process is meant to have for itself."""


@rule("CEL210")
def module_global_mutation(module: Module, project: Project) -> Iterator[Finding]:
    """Module variables that a task changes, as if its next run or another process would see that."""
    for task in project.tasks_of(module):
        seen: set[str] = set()
        for scope in _body(project, task.function):
            for variable, span in _changes(project, scope):
                if variable in seen or any(word in variable.lower() for word in _PER_PROCESS):
                    continue
                seen.add(variable)
                if _is_lazy(scope, variable) or _is_scratch(project, task, scope, variable):
                    continue
                if scope.module is not module or _childless(pools(project, task)):
                    continue
                yield Finding(
                    span,
                    f"{name(task)} changes the module variable `{variable}`: every pool process has a copy of its "
                    "own, which ends with it",
                )


def _body(project: Project, function: Scope) -> Iterator[Scope]:
    yield function
    for child in function.children:
        if child.kind in ("function", "lambda") and project.task_of(child) is None:
            yield from _body(project, child)


def _changes(project: Project, scope: Scope) -> Iterator[tuple[str, Span]]:
    """The module variables that the scope binds anew or changes in place, and where."""
    for assign in scope.assigns:
        if isinstance(assign.target, Name):
            if (
                assign.target.id in scope.globals
                and assign.operator != "del"
                and _is_of_module(scope, assign.target.id)
            ):
                yield assign.target.id, assign.span
        elif isinstance(assign.target, Sub) and isinstance(assign.target.base, Name):
            if _is_mutable_global(project, scope, assign.target.base):
                yield assign.target.base.id, assign.span
    for call in scope.calls:
        if isinstance(call.func, Attr) and call.attr in _MUTATING and isinstance(call.func.base, Name):
            if _is_mutable_global(project, scope, call.func.base):
                yield call.func.base.id, call.span


def _is_of_module(scope: Scope, variable: str) -> bool:
    """Whether `global` and not `nonlocal` names the variable."""
    here = scope.enclosing
    while here is not None and here.kind != "module":
        if here.assigned(variable) or here.param(variable) is not None:
            return False
        here = here.enclosing
    return True


def _is_mutable_global(project: Project, scope: Scope, expr: Name) -> bool:
    """Whether a name stands for a list, dict or set that a module of the project makes at import."""
    target = project.target(scope, expr)
    if target is None or not target.variable:
        return False
    if target.made is not None:
        return target.made[0].kind == "module" and target.name in _MUTABLE
    if target.value is None or target.value[0].kind != "module":
        return False
    value = target.value[1]
    return isinstance(value, Dict) or (isinstance(value, Items) and value.kind in ("list", "set"))


def _is_lazy(scope: Scope, variable: str) -> bool:
    """Whether the variable is filled once and then used, as a cache is."""
    own = Name(variable)
    changed = [a for a in scope.assigns if own in (a.target, getattr(a.target, "base", None))]
    if any(a.operator not in ("=", ":=") for a in changed):
        return False
    if any(isinstance(a.target, Name | Sub) for a in changed) and any(
        block.kind == "if" and block.test is not None and _asks_whether_filled(block.test, own)
        for block in scope.blocks
    ):
        return True
    if any(scope.blocks[a.block].kind == "except" for a in changed if a.block >= 0):
        return True
    # `X.get(key)` or `X[key]` before `X[key] = ...`
    looked_up = any(call.attr == "get" and call.func == Attr(own, "get") for call in scope.calls)
    return looked_up and any(isinstance(a.target, Sub) for a in changed)


def _asks_whether_filled(test: Expr, own: Name) -> bool:
    """`X is None`, `not X`, `key not in X` and the like, also as part of a longer condition."""
    if test == own:
        return True
    if not isinstance(test, Op):
        return False
    if test.operator in ("not", "and", "or"):
        return any(_asks_whether_filled(operand, own) for operand in test.operands)
    if test.operator in ("is", "is not", "==", "!="):
        return own in test.operands and Const(None) in test.operands
    return test.operator in ("in", "not in") and test.operands[-1] == own


def _is_scratch(project: Project, task: Task, scope: Scope, variable: str) -> bool:
    """Whether each run fills the variable anew, and nothing but what this run calls looks at it."""
    own = Name(variable)
    emptied = [a.span for a in scope.assigned(variable) if a.operator == "=" and a.block < 0]
    emptied += [c.span for c in scope.calls if c.func == Attr(own, "clear")]
    if not emptied:
        return False
    first = min(span.line for span in emptied)
    if any(part == own and span.line <= first and span not in emptied for part, span in reads(scope)):
        return False
    inside = {(r.scope.module.path, r.scope.index) for r in project.reach(task)}
    others = (s for s in scope.module.functions if (s.module.path, s.index) not in inside)
    return not any(part == own for other in others for part, _ in reads(other))

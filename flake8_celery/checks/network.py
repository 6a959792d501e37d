"""Network calls in tasks: without a retry, without a timeout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..frozen import dataclass
from ..knowledge.http_clients import (
    FOLLOWS_SOCKET_DEFAULT,
    NO_TIMEOUT,
    REQUESTS,
    RETRIES_BY,
    TIMEOUT_OFF,
    canonical,
    is_network,
    may_be_raised,
)
from ..knowledge.limits import LIMITS
from ..model import (
    Assign,
    Attr,
    Call,
    CallRef,
    Const,
    Dict,
    Expr,
    Finding,
    Handler,
    Items,
    Module,
    Name,
    Scope,
    Span,
    Sub,
    Task,
    dotted,
)
from ..per_project import per_project
from ..project import Project, Reach
from ..reads import parts
from ..roles import is_test_path
from ..rule import rule
from ..schedule import entry_dicts, tabulating
from ..traits import imports
from .limits import effective, ignored, pools

SENDING = frozenset(
    {"apply_async", "apply_async_on_commit", "delay", "delay_on_commit", "s", "si", "signature", "subtask"}
)
_MAIL = "django.core.mail."
_LOOPS = ("for", "while", "comprehension")
_ADAPTERS = frozenset({"requests.adapters.HTTPAdapter", "requests.HTTPAdapter"})
_PLAIN_BACKENDS = ("django.core.mail.backends.", "anymail.")
_PLAIN_ERRORS = frozenset({"builtins.Exception", "builtins.RuntimeError", "builtins.ValueError"})


@dataclass(frozen=True)
class NetworkCall:
    """A network call that a task makes. `path` are the calls from the task's body to this one, itself last."""

    name: str
    path: tuple[tuple[Scope, Call], ...]
    trace: tuple[str, ...]

    @property
    def scope(self) -> Scope:
        return self.path[-1][0]

    @property
    def call(self) -> Call:
        return self.path[-1][1]

    def way(self, task: Task) -> str:
        """ "`task` -> `helper` -> `requests.get`" for messages."""
        return " -> ".join(f"`{step}`" for step in (_shown(task), *self.trace[1:], self.name.replace("()", "")))

    def start(self, task: Task, module: Module) -> Span:
        """The call in the task's body that leads to this one."""
        scope, call = self.path[0]
        return call.span if scope.module is module else task.span

    def nearest(self, task: Task, module: Module) -> Span:
        """The last call of the task's own module on the way, this one itself where it stands there."""
        for scope, call in reversed(self.path):
            if scope.module is module:
                return call.span
        return task.span


def _shown(task: Task) -> str:
    return task.cls.name if task.cls is not None else task.function.name


def call_name(project: Project, scope: Scope, call: Call) -> str | None:
    """The canonical name of what is called, as the tables know it."""
    name = project.name(scope, call.func)
    return canonical(name) if name else None


def network_calls(project: Project, task: Task) -> Iterator[NetworkCall]:
    """The network calls that do not try again by themselves, in the task and in the functions it calls."""
    for reached, calls in project.in_reach(_network_calls_in, task):
        for name, call in calls:
            yield _network_call(name, reached, call)


def _network_calls_in(project: Project, scope: Scope) -> list[tuple[str, Call]]:
    named = ((call_name(project, scope, call), call) for call in scope.calls)
    return [
        (name, call)
        for name, call in named
        if name is not None and is_network(name) and not _tries_again(project, scope, name, call)
    ]


def _tries_again(project: Project, scope: Scope, name: str, call: Call) -> bool:
    """Whether a call is told to try again by itself, or may be."""
    keyword = RETRIES_BY.get(name)
    if keyword is None:
        return False
    given = call.keyword(keyword)
    return call.has_spread if given is None else project.value(scope, given) is not False


def _network_call(name: str, reached: Reach, call: Call) -> NetworkCall:
    return NetworkCall(name, (*reached.calls, (reached.scope, call)), reached.trace)


# --- what happens to an error


def reraises(scope: Scope, handler: Handler) -> bool:
    """Whether the handler surely raises again, the same error or another."""
    return any(r.block == handler.block for r in scope.raises)


def deals_with(project: Project, scope: Scope, block: int, name: str, *, translated: bool = True) -> bool:
    """Whether an error of the network call `name` at `block` stays inside this function: caught and not raised again.
    `translated` says whether it may have become an error of the project's own by then."""
    for index, around in scope.around(block):
        if around.kind == "with":
            manager = scope.call(around.test)
            if manager is not None and project.name(scope, manager.func) == "contextlib.suppress":
                return True
        if around.kind != "try":
            continue
        for handler in around.handlers:
            if not catches(project, scope, handler, name, translated=translated):
                continue
            if reraises(scope, handler):
                # what it raises is another error for the `try` around this one: take it for the same
                break
            return True
        if any(b.kind == "finally" and b.owner == index and _leaves(scope, i) for i, b in enumerate(scope.blocks)):
            return True
    return False


def _leaves(scope: Scope, block: int) -> bool:
    """A `return` in a `finally` drops the error."""
    return any(r.block == block for r in scope.returns)


def catches(project: Project, scope: Scope, handler: Handler, name: str, *, translated: bool = True) -> bool:
    """Whether the handler may catch an error of the network call `name`."""
    if not handler.types:
        return True
    return any(
        may_be_raised(name, _error_name(project, scope, expr)) and (translated or not _is_own(project, scope, expr))
        for expr in handler.types
    )


def _is_own(project: Project, scope: Scope, expr: Expr) -> bool:
    """Whether this is an exception class of the project that no library can raise."""
    cls = project.function(scope, expr)
    if cls is None or cls.kind != "class" or cls.enclosing is None or not cls.bases:
        return False
    return all(project.name(cls.enclosing, base) in _PLAIN_ERRORS for base in cls.bases)


def _may_be_translated(found: NetworkCall) -> bool:
    """Whether a function on the way may turn the error into another: in a handler, a `with` or a decorator."""
    for number, (scope, call) in enumerate(found.path):
        if number and scope.decorators:
            return True
        if any(block.kind == "with" for _, block in scope.around(call.block)):
            return True
        if any(scope.blocks[r.block].kind == "except" for r in scope.raises if number and r.block >= 0):
            return True
    return False


def _error_name(project: Project, scope: Scope, expr: Expr) -> str | None:
    """The name of an exception class, at least its last part (`DoesNotExist` of a model that cannot be resolved)."""
    return project.name(scope, expr) or (expr.attr if isinstance(expr, Attr) else None)


def stays_inside(project: Project, found: NetworkCall) -> bool:
    """Whether the error is dealt with anywhere between the network call and the task's caller."""
    translated = _may_be_translated(found)
    for scope, call in found.path:
        if deals_with(project, scope, call.block, found.name, translated=translated):
            return True
        here = scope
        while (outer := here.enclosing) is not None and outer.kind == "function":
            # a nested function: look where it is called
            for use in outer.calls:
                called = isinstance(use.func, Name) and use.func.id == here.name
                if called and deals_with(project, outer, use.block, found.name):
                    return True
            here = outer
    return False


# --- CEL301


def unretried(project: Project, module: Module) -> Iterator[tuple[Task, NetworkCall]]:
    """The tasks of a module that nothing runs again, with the first network call whose error they fail with."""
    for task in project.running_tasks_of(module):
        found = next(failing_calls(project, task), None)
        if found is None or is_scheduled(project, task) or project.retries(task):
            continue
        if not found.name.startswith(_MAIL) and (task.name in _swept(project) or _is_repeated(project, found)):
            continue
        yield task, found


def failing_calls(project: Project, task: Task) -> Iterator[NetworkCall]:
    """The network calls whose errors the task fails with."""
    return (found for found in network_calls(project, task) if _fails_the_task(project, found))


@rule("CEL301")
def external_call_without_retry(module: Module, project: Project) -> Iterator[Finding]:
    """A task makes a network call, and nothing tries again when it fails."""
    for task, found in unretried(project, module):
        if len(found.trace) == 1:
            message = f"`{_shown(task)}` calls `{found.name.replace('()', '')}` and nothing retries it"
        else:
            message = f"{found.way(task)}: nothing retries this network call"
        yield Finding(
            found.start(task, module),
            f"{message}, so one failed connection fails the task for good",
            cure=_retrying_helper(project, found),
        )


def _beat_tasks(project: Project) -> list[Task]:
    """The tasks of the project in beat's schedule."""
    names = {entry.task for entry in project.schedule if entry.task is not None}
    return [task for name in sorted(names) if (task := project.task_named(name)) is not None]


@per_project
def _swept(project: Project) -> frozenset[str]:
    """The names of tasks that beat's tasks send or call again and again for what is still to be done: in a loop."""
    found = set()
    for task in _beat_tasks(project):
        for call in task.function.calls:
            if not any(block.kind in _LOOPS for _, block in task.function.around(call.block)):
                continue
            sent = project.dispatch(task.function, call)
            called = project.task(task.function, call.func) if sent is None else None
            name = sent.name if sent is not None else called.name if called is not None else None
            if name is not None:
                found.add(name)
    return frozenset(found)


@per_project
def _made_by_beat(project: Project) -> frozenset[tuple[str, Span]]:
    """The places of the network calls that beat's tasks make."""
    made = (call for task in _beat_tasks(project) for call in network_calls(project, task))
    return frozenset((call.scope.module.path, call.call.span) for call in made)


def _is_repeated(project: Project, found: NetworkCall) -> bool:
    """Whether a task of beat's makes the very same call, which will make up for it; a helper for any address tells
    nothing."""
    given = [*found.call.args, *(value for _, value in found.call.keywords)]
    params = {Name(param.name) for param in found.scope.params}
    if given and given[0] in params:
        return False
    return (found.scope.module.path, found.call.span) in _made_by_beat(project)


def _retrying_helper(project: Project, found: NetworkCall) -> str:
    """The function of the project that makes the network call for a task, where it may try again for all of them."""
    scope = found.scope
    if len(found.trace) == 1 or scope.kind != "function" or scope.is_generator:
        return ""
    helper = found.trace[-1]
    return f"put a decorator that retries on `{helper}` ({project.where(scope, scope.span)})"


def _fails_the_task(project: Project, found: NetworkCall) -> bool:
    if in_request(project, found.path):
        return False
    silent = found.call.keyword("fail_silently")
    if silent is not None and project.value(found.scope, silent) is not False:
        return False
    if any(b.kind in ("except", "finally") for scope, call in found.path for _, b in scope.around(call.block)):
        # reports or cleans up after a failure: not the work itself
        return False
    if _asks_for_url(found) or _client_retries(project, found) or stays_inside(project, found):
        return False
    return not (found.name.startswith(_MAIL) and _mails_otherwise(project))


def _mails_otherwise(project: Project) -> bool:
    """Whether Django's mail goes through a backend that may store it, send it by a task, or try again by itself."""
    return any(value is not None and not value.startswith(_PLAIN_BACKENDS) for value in mail_backends(project))


@per_project
def mail_backends(project: Project) -> frozenset[str | None]:
    """What Django's mail is sent through by the project's settings: None for a backend that cannot be told."""
    found: set[str | None] = set()
    for path in sorted(project.index.tree.python):
        if "settings" not in path or is_test_path(path):
            continue
        module = project.module(path)
        for scope in module.scopes if module is not None else ():
            for assign in scope.assigns if scope.kind != "function" else ():
                if assign.target == Name("EMAIL_BACKEND"):
                    value = project.value(scope, assign.value)
                    found.add(value if isinstance(value, str) else None)
    return frozenset(found)


def in_request(project: Project, path: tuple[tuple[Scope, Call], ...]) -> bool:
    """Whether a step of the way is made only for a web request, which a worker never has."""
    for scope, call in path:
        for _, block in scope.around(call.block):
            test = scope.call(block.test) if block.kind == "if" else None
            if test is None or len(test.args) != 2 or test.attr != "isinstance":
                continue
            given = test.args[1]
            kinds = given.items if isinstance(given, Items) else (given,)
            if all(project.name(scope, kind) in REQUESTS for kind in kinds):
                return True
    return False


def _asks_for_url(found: NetworkCall) -> bool:
    """Whether a function on the way looks first whether it was given a URL at all, so that this task may give none."""
    for scope, _ in found.path[1:]:
        given = {Name(param.name) for param in scope.params}
        for block in scope.blocks:
            for part in parts(block.test) if block.kind in ("if", "else") and block.test is not None else ():
                test = scope.call(part)
                if test is None or test.attr != "startswith" or not isinstance(test.func, Attr):
                    continue
                starts = [p.value for arg in test.args for p in parts(arg) if isinstance(p, Const)]
                if test.func.base in given and any(isinstance(s, str) and s.startswith("http") for s in starts):
                    return True
    return False


def _client_retries(project: Project, found: NetworkCall) -> bool:
    """Whether the session or client has been given an adapter or transport, which may retry."""
    if "()." not in found.name:
        return False
    for scope in {found.scope.module.path: found.scope, **_origin(project, found.scope, found.call)}.values():
        for other in scope.module.scopes:
            for call in other.calls:
                if call.attr == "mount":
                    return True
                if call.attr in ("Client", "AsyncClient") and (call.keyword("transport") or call.keyword("mounts")):
                    return True
    return False


def _origin(project: Project, scope: Scope, call: Call) -> dict[str, Scope]:
    """Where the object was made whose method is called."""
    if not isinstance(call.func, Attr):
        return {}
    target = project.target(scope, call.func.base)
    if target is None or target.made is None:
        return {}
    return {target.made[0].module.path: target.made[0]}


def is_scheduled(project: Project, task: Task) -> bool:
    """Whether a schedule runs the task again anyway, or may do so."""
    if task.name in _scheduled(project):
        return True
    outer = task.function.enclosing
    for decorator in task.function.decorators:
        call = outer.call(decorator.expr) if outer is not None else None
        if "period" in (dotted(call.func if call is not None else decorator.expr) or "").lower():
            return True
    if not task.function.params and _place(task) in _tabulated(project):
        return True
    return _schedule_in_database(project) and not _is_sent(project, task)


def _place(task: Task) -> tuple[str, int]:
    return task.function.module.path, task.function.index


@per_project
def _tabulated(project: Project) -> frozenset[tuple[str, int]]:
    """The tasks that stand in a table, from which a schedule of the project's own may take them."""
    found = set()
    for module in project.modules:
        for scope in module.scopes:
            for assign in scope.assigns:
                match assign.value:
                    case Dict(items=items):
                        values = [value for _, value in items]
                    case Items(items=listed):
                        values = list(listed)
                    case _:
                        continue
                for value in values:
                    if isinstance(value, Name | Attr) and (task := project.task(scope, value)) is not None:
                        found.add(_place(task))
    return frozenset(found)


@per_project
def _scheduled(project: Project) -> frozenset[str]:
    """The names of tasks that stand in a schedule, also in one that is put together by code."""
    found = {entry.task for entry in project.schedule if entry.task is not None}
    for module in project.modules:
        for position, is_call, index in project.index.derived(tabulating, module):
            scope = module.scopes[position]
            if is_call:
                given = [scope.calls[index].keyword("task")]
            else:
                assign = scope.assigns[index]
                given = [entry.at("task") for entry in entry_dicts(assign.value)]
                if isinstance(assign.target, Sub) and assign.target.index == Const("task"):
                    given.append(assign.value)
            found.update(name for name in (project.value(scope, expr) for expr in given) if isinstance(name, str))
    return frozenset(found)


@per_project
def _schedule_in_database(project: Project) -> bool:
    """Whether django-celery-beat keeps a schedule that the code does not show."""
    for module in project.modules:
        if any(target.startswith("django_celery_beat") for _, target, _ in imports(module)):
            return True
        for assign in module.body.assigns:
            values = assign.value.items if isinstance(assign.value, Items) else (assign.value,)
            for value in values:
                if isinstance(value, Const) and isinstance(value.value, str) and "django_celery_beat" in value.value:
                    return True
    return False


def _is_sent(project: Project, task: Task) -> bool:
    """Whether the project's code sends the task or builds a signature of it."""
    return _place(task) in _sent(project) or task.name in _sent_names(project)


@per_project
def _sent(project: Project) -> frozenset[tuple[str, int]]:
    found = set()
    for module in project.modules:
        for scope in module.scopes:
            for call in scope.calls:
                exprs = [call.func, *call.args]
                for expr in exprs:
                    if isinstance(expr, Attr) and expr.attr in SENDING:
                        sent = project.task(scope, expr.base)
                        if sent is not None:
                            found.add(_place(sent))
    return frozenset(found)


@per_project
def _sent_names(project: Project) -> frozenset[str]:
    found = set()
    for module in project.modules:
        for scope in module.scopes:
            for call in scope.calls:
                if call.attr in ("send_task", "signature"):
                    name = project.value(scope, call.argument(0, "name"))
                    if isinstance(name, str):
                        found.add(name)
    return frozenset(found)


# --- CEL402


@dataclass(frozen=True)
class Waiting:
    """What a task may wait for without end, reported at `span`: the `calls` that have no limit, with why."""

    task: Task
    span: Span
    calls: tuple[tuple[NetworkCall, str], ...]


def waiting(project: Project, module: Module) -> list[Waiting]:
    """The places in a module whose network calls, theirs or those of the functions they call, wait without end."""
    seen: set[tuple[str, Span]] = set()
    found: dict[Span, Waiting] = {}
    for task in project.running_tasks_of(module):
        for reached, calls in project.in_reach(_that_may_wait, task):
            for name, call in calls:
                place = (reached.scope.module.path, call.span)
                if place in seen:
                    continue
                problem = _waits(project, reached.scope, call, name)
                if problem is None:
                    continue
                made = _network_call(name, reached, call)
                if in_request(project, made.path) or _asks_for_url(made):
                    continue
                seen.add(place)
                span = made.nearest(task, module)
                known = found.get(span)
                if known is None:
                    found[span] = Waiting(task, span, ((made, problem),))
                else:
                    found[span] = replace(known, calls=(*known.calls, (made, problem)))
    return list(found.values())


def _that_may_wait(project: Project, scope: Scope) -> list[tuple[str, Call]]:
    named = ((call_name(project, scope, call), call) for call in scope.calls)
    return [(name, call) for name, call in named if name is not None and (name in TIMEOUT_OFF or name in NO_TIMEOUT)]


@rule("CEL402")
def network_call_without_timeout(module: Module, project: Project) -> Iterator[Finding]:
    """A task makes a network call that waits for ever when the other side stops answering."""
    for place in waiting(project, module):
        first, problem = place.calls[0]
        where = project.where(first.scope, first.call.span)
        way = first.way(place.task)
        if place.span != first.call.span:
            way = f"{way} ({where})"
        yield Finding(
            place.span,
            f"{way} {problem}: when the other side stops answering, the task hangs {_until(project, place.task)}",
            cure=f"pass a timeout to `{first.name.replace('()', '')}` in {where}" if len(place.calls) == 1 else "",
        )


def _until(project: Project, task: Task) -> str:
    """How long the task hangs."""
    running = pools(project, task)
    limits = [project.option(task, limit) for limit in LIMITS if not ignored(limit, running)]
    if any(effective(value) for value in limits):
        return "until its time limit ends it"
    if any(not value.is_unset and value.value != 0 for value in limits):
        return "for ever, unless a time limit ends it"
    return "for ever"


def _waits(project: Project, scope: Scope, call: Call, name: str) -> str | None:
    """Why the call has no limit, None where it has one or that cannot be told."""
    given = call.keyword("timeout")
    if name in TIMEOUT_OFF:
        return "is called with `timeout=None`" if given is not None and _is_none(project, scope, given) else None
    if name not in NO_TIMEOUT:
        return None
    keyword, position = NO_TIMEOUT[name]
    if keyword is None:
        return None if _socket_default(project) else "takes no timeout"
    if given is None and position is not None and len(call.args) > position:
        given = call.args[position]
    if given is not None:
        return "is called with `timeout=None`" if _is_none(project, scope, given) else None
    if call.has_spread:
        return None
    if name in FOLLOWS_SOCKET_DEFAULT:
        return None if _socket_default(project) else "has no timeout"
    if "()." in name and _has_own_timeout(project, scope, call):
        return None
    return "has no timeout"


def _is_none(project: Project, scope: Scope, expr: Expr) -> bool:
    """`None`, or an object that says the same, such as `httpx.Timeout(None)`."""
    made = scope.call(expr)
    if made is not None and isinstance(expr, CallRef):
        values = [*made.args, *(v for _, v in made.keywords)]
        if project.name(scope, made.func) in ("httpx.Timeout", "aiohttp.ClientTimeout") and len(values) == 1:
            return values[0] == Const(None)
        return False
    return project.value(scope, expr) is None


def _has_own_timeout(project: Project, scope: Scope, call: Call) -> bool:
    """Whether the session has an adapter of the project's own or a replaced method, or was made with a timeout."""
    places = {scope.module.path: scope, **_origin(project, scope, call)}
    target = project.target(scope, call.func.base) if isinstance(call.func, Attr) else None
    if target is not None and target.made is not None and target.made[1].keyword("timeout") is not None:
        return True
    for place in places.values():
        for other in place.module.scopes:
            if any(_replaces_request(a) for a in other.assigns):
                return True
            for mount in other.calls:
                if mount.attr == "mount" and not _is_plain_adapter(project, other, mount):
                    return True
    return False


def _replaces_request(assign: Assign) -> bool:
    return isinstance(assign.target, Attr) and assign.target.attr in ("request", "send", "get", "post")


def _is_plain_adapter(project: Project, scope: Scope, mount: Call) -> bool:
    adapter = mount.argument(1, "adapter")
    target = project.target(scope, adapter)
    name = target.name.removesuffix("()") if target is not None else ""
    return name in _ADAPTERS


@per_project
def _socket_default(project: Project) -> bool:
    """Whether the project limits all sockets."""
    return any(
        call.attr == "setdefaulttimeout" and project.name(scope, call.func) == "socket.setdefaulttimeout"
        for module in project.modules
        for scope in module.scopes
        for call in scope.calls
    )

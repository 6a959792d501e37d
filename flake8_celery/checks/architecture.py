"""Work given to the wrong kind of machine: background tasks for what must not be lost, tasks for a stream of events."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..discovered import loaded, targets
from ..knowledge.background import ADD_TASK, BACKGROUND_TASK, MINOR_WORDS, SENDS, STORES
from ..knowledge.effects import CHARGES, HTTP_WRITES, WRITES
from ..knowledge.http_clients import MAIL, canonical
from ..knowledge.streams import (
    BROADCAST,
    CONSUMER_STEPS,
    ENDLESS_CALLS,
    ENDLESS_ITERATION,
    ENDLESS_METHODS,
    EVENT_WORDS,
    ITERATION_TIMEOUTS,
    KOMBU_CONSUMERS,
    POLL_METHODS,
    POLLS,
    WORKER_STATE_WORDS,
)
from ..model import (
    App,
    Attr,
    Call,
    CallRef,
    Command,
    Comp,
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
    Sub,
    dotted,
)
from ..per_project import per_project
from ..project import Project
from ..rule import DeploymentFinding, deployment_rule, rule

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


# --- CEL515


@rule("CEL515")
def background_tasks_for_durable_work(module: Module, project: Project) -> Iterator[Finding]:
    """Work that must not be lost in a background task of the web framework, in a project that has Celery."""
    if not project.apps or not _is_beside_celery(project, module):
        return
    for scope, call in project.called(module, ("add_task", "BackgroundTask")):
        function = _in_background(project, scope, call)
        if function is None:
            continue
        task = project.task(scope, function)
        if task is None and isinstance(function, Attr) and function.attr in ("run", "__call__", "apply"):
            task = project.task(scope, function.base)
        if task is not None:
            yield Finding(
                call.span,
                f"`{task.function.name}` is called, not sent: the task runs in the web process and is lost with it",
            )
            continue
        target = project.function(scope, function)
        if target is None or target.kind != "function" or _dispatches(project, scope, call.block):
            continue  # where the function sends tasks elsewhere, background tasks are the other side of a choice
        if _words(f"{dotted(function)} {target.qualname}") & MINOR_WORDS:
            continue
        effect = _effect(project, target)
        if effect is not None:
            yield Finding(
                call.span,
                f"`{target.name}` runs in the web process and is lost with it, although it calls `{effect}`:"
                " nothing retries it",
            )


@per_project
def _places_of_celery(project: Project) -> frozenset[str]:
    """The top folders with code that belongs to Celery's side of the project."""
    paths = {app.module.path for app in project.apps} | {task.module.path for task in project.tasks}
    return frozenset(path.partition("/")[0] if "/" in path else "" for path in paths)


def _is_beside_celery(project: Project, module: Module) -> bool:
    """Whether the module's part of the repository has Celery: another service need not."""
    top = module.path.partition("/")[0] if "/" in module.path else ""
    places = _places_of_celery(project)
    return top in places or not top or "" in places


def _in_background(project: Project, scope: Scope, call: Call) -> Expr | None:
    """What a call hands to the web framework to run after the response."""
    if call.attr == "add_task":
        if project.name(scope, call.func) in ADD_TASK:
            return call.argument(0, "func")
    elif call.attr == "BackgroundTask" and project.name(scope, call.func) in BACKGROUND_TASK:
        return call.argument(0, "func") or call.keyword("fn")
    return None


def _dispatches(project: Project, scope: Scope, beside: int | None = None, depth: int = 1) -> bool:
    """Whether the function, or one that it calls, sends a task; not counting the block `beside`, all of which runs."""
    for call in scope.calls:
        found = project.dispatch(scope, call)
        if found is not None and found.sends and call.block != beside:
            return True
        inner = project.function(scope, call.func) if depth else None
        if inner is not None and inner.kind == "function" and _dispatches(project, inner, None, depth - 1):
            return True
    return False


def _effect(project: Project, function: Scope, depth: int = 2) -> str | None:
    """A call through which the function changes something that lasts."""
    seen = {(function.module.path, function.index)}
    pending = [(function, 0)]
    while pending:
        scope, level = pending.pop(0)
        for call in scope.calls:
            name = project.name(scope, call.func)
            if name is not None:
                name = canonical(name)
                if name in MAIL or name in SENDS or name in HTTP_WRITES or name in CHARGES:
                    return name
            if isinstance(call.func, Attr) and call.func.attr in WRITES | STORES:
                return call.func.attr
            inner = project.function(scope, call.func)
            if inner is None or inner.kind != "function" or level >= depth or _words(inner.name) & MINOR_WORDS:
                continue
            key = (inner.module.path, inner.index)
            if key not in seen:
                seen.add(key)
                pending.append((inner, level + 1))
    return None


# --- CEL516


@rule("CEL516")
def celery_as_message_bus(module: Module, project: Project) -> Iterator[Finding]:
    """Broadcast queues for events, raw consumers in the worker, and stream consumers in tasks."""
    yield from _broadcasts(module, project)
    yield from _consumer_steps(module, project)
    for task in project.tasks_of(module):
        for reached in project.reach(task, depth=2):
            for span_of, what in _consumers(project, reached.scope):
                span = reached.calls[0][1].span if reached.calls else span_of
                yield Finding(
                    span,
                    f"`{task.function.name}` never ends: {what} keeps its worker process for itself, and no other task"
                    " runs there",
                )


def _broadcasts(module: Module, project: Project) -> Iterator[Finding]:
    for scope, call in project.called(module, ("Broadcast",)):
        if project.name(scope, call.func) not in BROADCAST:
            continue
        name = project.value(scope, call.argument(0, "name"))
        if not isinstance(name, str):
            continue
        routed = _routed_to(project, name)
        if any(_words(task) & WORKER_STATE_WORDS for task in [name, *routed]):
            continue
        if any(_words(task) & EVENT_WORDS or task.startswith("on_") for task in [name, *routed]):
            yield Finding(
                call.span,
                f"the broadcast queue `{name}` carries events: a worker that is down misses them, and each copy"
                " of a service handles them once more",
            )


def _routed_to(project: Project, queue: str) -> list[str]:
    """The names of the tasks that are sent to a queue, as far as routes and options say."""
    found = [task.function.name for task in project.tasks if project.option(task, "queue").value == queue]
    routes = project.setting(None, "task_routes").value
    for table in routes if isinstance(routes, list | tuple) else [routes]:
        if isinstance(table, dict):
            for name, route in table.items():
                if route == queue or (isinstance(route, dict) and route.get("queue") == queue):
                    found.append(str(name).rpartition(".")[2])
    return found


def _consumer_steps(module: Module, project: Project) -> Iterator[Finding]:
    for cls in module.classes:
        bases = [base for base in project.names.ancestors(cls) if base is not None]
        if not any(base.name in CONSUMER_STEPS for base in bases):
            continue
        methods = {child.name: child for child in cls.children if child.kind == "function"}
        if "get_consumers" not in methods or not _is_added(project, cls):
            continue
        if any(_builds_message(project, method) for method in methods.values()):
            continue  # hands the message over to a task, as it should
        yield Finding(
            cls.span,
            f"`{cls.name}` handles messages in the worker's main process: it holds up every task, and an error in it"
            " stops the worker",
        )


def _is_added(project: Project, cls: Scope) -> bool:
    """Whether the step, and not only a class derived from it, is added to an application's steps."""
    for module in project.modules:
        for scope in module.scopes:
            if scope.enclosing is cls:
                continue
            for call in scope.calls:
                added = call.attr == "add" and isinstance(call.func, Attr) and isinstance(call.func.base, Sub)
                if added and any(project.function(scope, argument) is cls for argument in call.args):
                    return True
    return False


def _builds_message(project: Project, scope: Scope) -> bool:
    """Whether the function sends a task, or makes a signature that another function may send."""
    if _dispatches(project, scope):
        return True
    return any(
        project.dispatch(scope, call) is not None
        or (call.attr in ("chain", "chord", "group") and (project.name(scope, call.func) or "").startswith("celery."))
        for call in scope.calls
    )


def _consumers(project: Project, scope: Scope) -> Iterator[tuple[Span, str]]:
    """What in a scope takes messages for ever."""
    for index, block in enumerate(scope.blocks):
        if block.kind == "for" and block.test is not None:
            name = _stream(project, scope, block.test)
            if name is not None and not _ends(scope, index):
                yield block.span, f"the loop over `{name}`"
        elif block.kind == "while" and isinstance(block.test, Const) and block.test.value in (True, 1):
            for call in scope.calls:
                if not scope.inside(call.block, index):
                    continue
                name = project.name(scope, call.func) if call.attr in POLL_METHODS else None
                if name is not None and POLLS.fullmatch(name) and not _ends(scope, index):
                    yield block.span, f"`while True` around `{name}`"
                    break
    for call in scope.calls:
        name = project.name(scope, call.func) if call.attr in ENDLESS_METHODS else None
        if name is not None and ENDLESS_CALLS.fullmatch(name):
            yield call.span, f"`{name}`"
        elif call.attr == "run" and isinstance(call.func, Attr):
            target = project.target(scope, call.func.base)
            if target is not None and target.instance and target.scope is not None:
                bases = [base.name for base in project.names.ancestors(target.scope) if base is not None]
                if any(base in KOMBU_CONSUMERS for base in bases):
                    yield call.span, f"`{target.scope.name}.run`"


def _stream(project: Project, scope: Scope, expr: Expr) -> str | None:
    """The name of the endless stream that an expression is."""
    target = project.target(scope, expr)
    if target is None or not ENDLESS_ITERATION.fullmatch(target.name):
        return None
    if target.made is not None and any(key in ITERATION_TIMEOUTS or key is None for key, _ in target.made[1].keywords):
        return None
    return target.name


def _ends(scope: Scope, loop: int) -> bool:
    """Whether something in the loop leaves it."""
    leaves = [flow.block for flow in scope.flows if flow.kind == "break"]
    leaves += [found.block for found in scope.returns]
    return any(scope.inside(block, loop) for block in leaves)


# --- CEL516 in deployment files


@deployment_rule("CEL516")
def queue_read_by_two_services(project: Project) -> Iterator[DeploymentFinding]:
    """Two applications with different tasks whose workers read one queue."""
    workers = [
        (command, app)
        for command in project.deployment.commands
        if command.program == "worker" and (app := _app_of(project, command)) is not None
    ]
    reported: set[int] = set()
    for position, (command, app) in enumerate(workers):
        for other, second in workers[position + 1 :]:
            if app is second or id(other) in reported:
                continue
            if command.path != other.path or command.variant != other.variant:
                continue
            shared = _queues(project, command, app) & _queues(project, other, second)
            if shared and _same_broker(project, (command, app), (other, second)):
                missing = _only_in(project, app, second, shared)
                if missing is not None:
                    reported.add(id(other))
                    yield DeploymentFinding(
                        other,
                        f"reads the queue `{min(shared)}` like `{command.service or command.app}`, but does not know"
                        f" `{missing}`: it discards each such message that it gets",
                    )


def _app_of(project: Project, command: Command) -> App | None:
    paths = targets(project, command.app or "")
    own = [app for app in project.apps if app.module.path in paths]
    return own[0] if len(own) == 1 else None


def _queues(project: Project, command: Command, app: App) -> set[str]:
    """The queues that the command's worker reads; none where that is not known."""
    given = command.option("--queues")
    if given is not None:
        names = {name.strip() for name in given.split(",")}
        return {name for name in names if re.fullmatch(r"[\w.:-]+", name)}
    if command.uncertain or not project.setting(app, "task_queues").is_unset:
        return set()
    default = project.setting(app, "task_default_queue")
    if default.is_unset:
        return {"celery"}
    return {default.value} if default.is_set and isinstance(default.value, str) else set()


def _same_broker(project: Project, first: tuple[Command, App], second: tuple[Command, App]) -> bool:
    brokers = []
    for command, app in (first, second):
        environment = dict(command.environment)
        broker = environment.get("CELERY_BROKER_URL") or project.setting(app, "broker_url").value
        brokers.append(broker)
        options = project.setting(app, "broker_transport_options")
        if options.is_set and (not isinstance(options.value, dict) or "global_keyprefix" in options.value):
            return False
    return isinstance(brokers[0], str) and brokers[0] == brokers[1]


def _only_in(project: Project, app: App, other: App, queues: set[str]) -> str | None:
    """A task on one of the queues that workers of the first application know, and those of the other do not."""
    known, unknown = loaded(project, app), loaded(project, other)
    if known is None or unknown is None or not project.setting(app, "task_routes").is_unset:
        return None
    for task in project.tasks:
        if task.name and task.module.path in known - unknown and task.app in (app, None):
            queue = project.option(task, "queue")
            if queue.is_unset or queue.value in queues:
                return task.name
    return None


# --- CEL918


@rule("CEL918")
def event_style_fan_out(module: Module, project: Project) -> Iterator[Finding]:
    """One event sent to several tasks by name, or one task that hands events on."""
    for scope in module.scopes:
        yield from _sent_by_name(project, scope)
    for task in project.tasks_of(module):
        parameter = _event_parameter(task.function, task.bound is True or task.cls is not None)
        if parameter is not None and _branches(task.function, parameter) >= 3:
            yield Finding(
                task.span,
                f"`{task.function.name}` chooses what to do by `{parameter}`: every kind of event shares its queue,"
                " limits and retries",
            )


def _sent_by_name(project: Project, scope: Scope) -> Iterator[Finding]:
    sent: dict[tuple[int, object], list[tuple[Call, str]]] = {}
    for call in scope.calls:
        if call.attr not in ("send_task", "delay", "apply_async"):
            continue
        found = project.dispatch(scope, call)
        if found is None or not found.sends or found.task is not None or found.args is None or found.kwargs is None:
            continue
        if not found.args and not found.kwargs:
            continue
        payload = (found.args, found.kwargs)
        if found.name is not None:
            sent.setdefault((call.block, payload), []).append((call, found.name))
            continue
        loop = _loop_of(scope, call)
        if loop is not None and not any(loop & _names(scope, v) for v in [*found.args, *(v for _, v in found.kwargs)]):
            yield Finding(
                call.span,
                "sends one event to each task of a list by name: no one checks that these tasks exist, and the sender"
                " must know every receiver",
            )
    for calls in sent.values():
        names = list(dict.fromkeys(name for _, name in calls))
        if len(names) > 1:
            yield Finding(
                calls[0][0].span,
                f"sends one event to {len(names)} tasks by name (`{names[0]}`, `{names[1]}`): no one checks that they"
                " exist, and the sender must know every receiver",
            )


def _loop_of(scope: Scope, call: Call) -> set[str] | None:
    """The variables of the loop over names that a `send_task` stands in, where the name comes from the loop."""
    name = call.argument(0, "name")
    if call.attr != "send_task" or name is None:
        return None
    blocks = {index for index, block in scope.around(call.block) if block.kind in ("for", "comprehension")}
    variables = {
        assign.target.id
        for assign in scope.assigns
        if assign.operator == "for" and isinstance(assign.target, Name) and assign.block in blocks
    }
    return variables if variables & _names(scope, name) else None


def _names(scope: Scope, expr: Expr) -> set[str]:
    """The plain names that an expression holds."""
    match expr:
        case Name():
            return {expr.id}
        case Attr():
            return _names(scope, expr.base)
        case Sub():
            return _names(scope, expr.base) | _names(scope, expr.index)
        case CallRef():
            call = scope.calls[expr.index]
            parts = [call.func, *call.args, *(v for _, v in call.keywords)]
        case Comp():
            parts = [expr.element, *expr.sources]
        case _:
            parts = list(_parts(expr))
    return {name for part in parts for name in _names(scope, part)}


def _parts(expr: Expr) -> Iterator[Expr]:
    """What an operation, a format string or a display is made of."""
    match expr:
        case Op():
            yield from expr.operands
        case Format():
            yield from expr.parts
        case Items():
            yield from expr.items
        case Dict():
            for key, value in expr.items:
                yield from (value,) if key is None else (key, value)


def _event_parameter(function: Scope, bound: bool) -> str | None:
    """The parameter that says which event it is."""
    params = [p for p in function.params if p.kind in ("positional", "positional-only", "keyword-only")][int(bound) :]
    if not params:
        return None
    name = params[0].name
    return name if re.fullmatch(r"event(_?(type|name|kind|key))?|topic|message_type|routing_key", name) else None


def _branches(function: Scope, parameter: str) -> int:
    """How many different things the function does, each for another value of the parameter."""
    found: set[Expr] = set()
    for index, block in enumerate(function.blocks):
        chosen = block.kind == "case" and block.test == Name(parameter)
        if block.kind == "if" and isinstance(block.test, Op) and block.test.operator == "==":
            chosen = Name(parameter) in block.test.operands
        if chosen:
            inside = [call for call in function.calls if call.block == index]
            found.update(call.func for call in inside[-1:] if call.use in ("statement", "return", "await"))
    return len(found)

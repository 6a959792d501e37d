"""Names of tasks: two tasks of one name, and names that change when a module is run as a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..apps import CELERY_CLASSES
from ..discovered import loaded
from ..model import App, Attr, Call, Const, Finding, Module, Name, Scope, Task
from ..nested import is_main
from ..per_project import per_project
from ..roles import is_deployed_path
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from ..project import Project

_CONDITIONAL = frozenset({"if", "else", "try", "except", "try-else", "case", "for", "while", "loop-else"})


# --- CEL104


@rule("CEL104")
def duplicate_task_name(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks with a name that another task of the same worker has."""
    for task, other in _duplicates(project).get(module.path, ()):
        where = project.where(other.module, other.span)
        yield Finding(
            task.span,
            f"{name(task)} and {name(other)} ({where}) are both named `{task.name}`: a worker keeps one of them, the"
            " other never runs",
        )


@per_project
def _duplicates(project: Project) -> dict[str, list[tuple[Task, Task]]]:
    """By module, the tasks that come second under their name, each with an earlier one."""
    named: dict[str, list[Task]] = {}
    for task in project.tasks:
        # a name that a decorator lost is another rule's
        if task.name and task.named_after is None and is_deployed_path(task.module.path):
            named.setdefault(task.name, []).append(task)
    found: dict[str, list[tuple[Task, Task]]] = {}
    for tasks in named.values():
        for position, task in enumerate(tasks):
            other = next((t for t in tasks[:position] if _collide(project, t, task)), None)
            if other is not None:
                found.setdefault(task.module.path, []).append((task, other))
    return found


def _collide(project: Project, first: Task, second: Task) -> bool:
    """Whether one worker certainly defines both."""
    conditions = _conditions(first), _conditions(second)
    if None in conditions or conditions[0] != conditions[1]:
        return False
    if not (first.app_known and second.app_known):
        return False
    if first.module is second.module:
        return first.app is second.app or len(project.apps) == 1
    if conditions[0] or not (_is_named(first) and _is_named(second)):
        return False
    index = project.index
    if index.import_root(first.module.path) != index.import_root(second.module.path):
        return False
    apps = [app for app in project.apps_of(first) if any(app is other for other in project.apps_of(second))]
    return any(_loads(project, app, first, second) for app in apps)


def _conditions(task: Task) -> list[tuple[int, int]] | None:
    """The blocks under which a task is defined; None where that is inside a function."""
    here = task.cls or task.function
    found = []
    while here.enclosing is not None:
        block, here = here.block, here.enclosing
        if here.kind not in ("module", "class"):
            return None
        found += [(here.index, i) for i, around in here.around(block) if around.kind in _CONDITIONAL]
    return found


def _is_named(task: Task) -> bool:
    given = task.options.get("name")
    return given is not None and given.value is not None


def _loads(project: Project, app: App, first: Task, second: Task) -> bool:
    """Whether workers of the application import the modules of both."""
    paths = loaded(project, app)
    if paths is None:
        return len(project.apps) == 1
    return first.module.path in paths and second.module.path in paths


# --- CEL106


@rule("CEL106")
def task_in_main_module(module: Module, project: Project) -> Iterator[Finding]:
    """Modules that, run as a script, name their tasks otherwise than workers do, and send or run them."""
    blocks = [i for i, block in enumerate(module.body.blocks) if block.kind == "if" and is_main(block.test)]
    if not blocks:
        return
    for task in project.tasks_of(module):
        if task.function.module is not module or _is_named(task) or task.wrappers or not task.complete or not task.name:
            continue
        given = _name_in_script(project, module, task)
        if given is None:
            continue
        if any(_sends(project, module, task, call) for call in _run_in(module, blocks)):
            message = (
                f"a script that sends {name(task)} calls it `{given}`, and workers, which know it as `{task.name}`"
            )
            yield Finding(task.span, f"{message}, discard the message")
            return
        if any(_starts_worker(project, module, call) for call in _run_in(module, blocks)):
            if _is_sent_elsewhere(project, task):
                message = f"run as a script, the worker knows {name(task)} as `{given}`, and others send it as"
                yield Finding(task.span, f"{message} `{task.name}`: it discards the message")
                return


def _run_in(module: Module, blocks: list[int]) -> Iterator[Call]:
    """The calls that stand under `if __name__ == "__main__"`."""
    for call in module.body.calls:
        if any(module.body.inside(call.block, block) for block in blocks):
            yield call


def _name_in_script(project: Project, module: Module, task: Task) -> str | None:
    """The name that the task has where its module is run as a script; None where it is the same or cannot be told."""
    apps = project.apps_of(task)
    if not task.app_known or len(apps) != 1 or project.name(apps[0].scope, apps[0].call.func) not in CELERY_CLASSES:
        return None
    call = apps[0].call
    if call.has_spread:
        return None
    given = call.argument(0, "main")
    if given is None or given == Const(None):
        main = "__main__"
    elif isinstance(given, Const):
        main = str(given.value)
    elif given == Name("__name__"):
        main = "__main__" if apps[0].module is module else project.module_name(apps[0].module)
    else:
        return None
    own = project.module_name(module)
    if not main or own == main or own.endswith(f".{main}"):
        return None
    return f"{main}.{task.name.rpartition('.')[2]}"


def _sends(project: Project, module: Module, task: Task, call: Call) -> bool:
    """Whether the call, made in the module run as a script, sends the task: by itself, or by serving what does."""
    if _is_dispatch(project, module.body, call, task):
        return True
    if project.name(module.body, call.func) in _SERVING:
        served = call.args[:1]
        if served and isinstance(served[0], Const):
            return False
        return any(_is_dispatch(project, scope, c, task) for scope in module.functions for c in scope.calls)
    seen: set[int] = set()
    pending = [project.function(module.body, call.func)]
    while pending:
        function = pending.pop()
        if function is None or function.module is not module or function.kind != "function" or function.index in seen:
            continue
        if project.task_of(function) is not None:
            continue
        seen.add(function.index)
        for inner in function.calls:
            if _is_dispatch(project, function, inner, task):
                return True
            pending.append(project.function(function, inner.func))
    return False


_SERVING = frozenset(
    {
        "aiohttp.web.run_app",
        "flask.Flask().run",
        "flask_socketio.SocketIO().run",
        "uvicorn.run",
        "waitress.serve",
        "werkzeug.serving.run_simple",
    }
)
"""What runs a web application in the process of the script itself."""


def _is_dispatch(project: Project, scope: Scope, call: Call, task: Task) -> bool:
    if not isinstance(call.func, Attr) or call.func.attr == "apply":
        return False
    sent = project.dispatch(scope, call)
    return sent is not None and sent.sends and sent.task is task


def _starts_worker(project: Project, module: Module, call: Call) -> bool:
    if call.attr not in ("worker_main", "start") or not isinstance(call.func, Attr):
        return False
    target = project.target(module.body, call.func.base)
    made = target.made[1] if target is not None and target.made is not None else None
    return made is not None and any(app.call is made for app in project.apps)


def _is_sent_elsewhere(project: Project, task: Task) -> bool:
    for module in project.modules:
        if module is not task.module:
            for _, _, sent in project.sent_in(module):
                if sent.sends and (sent.task is task or sent.name == task.name):
                    return True
    return False

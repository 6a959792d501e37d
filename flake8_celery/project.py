"""What checks ask: the Celery facts of a whole project, derived from the facts of its files when they are asked for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .apps import Apps
from .config import Config
from .dispatch import Dispatch, Dispatches
from .index import is_test_path
from .knowledge.settings import OPTION_TO_SETTING
from .model import (
    CANNOT_TELL,
    UNKNOWN,
    UNSET,
    App,
    Attr,
    Call,
    Command,
    Const,
    Deployment,
    Dict,
    Expr,
    Mention,
    Module,
    Name,
    ScheduleEntry,
    Scope,
    Span,
    Task,
    Value,
    dotted,
)
from .names import Names, Target
from .settings import Settings
from .tasks import Tasks, is_harmless_base

if TYPE_CHECKING:
    from pathlib import Path

    from .index import Index

_RETRY_DECORATORS = ("retry", "retrying", "tenacity", "backoff", "stamina", "on_exception", "on_predicate")
_COMMAND_SETTINGS = {
    "task_time_limit": "--time-limit",
    "task_soft_time_limit": "--soft-time-limit",
    "worker_pool": "--pool",
    "worker_prefetch_multiplier": "--prefetch-multiplier",
    "worker_max_tasks_per_child": "--max-tasks-per-child",
}


@dataclass(frozen=True)
class Reach:
    """A scope that runs when a task runs. `trace` are the dotted names of the functions from the task's own to this
    one; `calls` the calls that lead here, each with the scope it stands in, the task's own first."""

    scope: Scope
    trace: tuple[str, ...]
    calls: tuple[tuple[Scope, Call], ...]


class Project:
    """A project as its checks see it. Test modules are left out of everything that is enumerated."""

    def __init__(self, index: Index, config: Config | None = None) -> None:
        self.index = index
        self.config = config or Config()
        self.names = Names(self.find_module, self.module_name, self._relative, self.has_module)
        self._apps = Apps(self.names)
        self._tasks = Tasks(self.names, self._apps, self.module_name, self.apps_of, self.config.task_decorators)
        self._settings = Settings(
            self.names, self._apps, lambda: list(self.modules), self.find_module, self._siblings, self._settings_modules
        )
        self._dispatches = Dispatches(self.names, self.task)
        self._of_module: dict[str, tuple[Task, ...]] = {}

    # --- files and modules

    @property
    def root(self) -> Path:
        return self.index.root

    @cached_property
    def _relevant(self) -> tuple[Module, ...]:
        paths = self.index.scan()
        modules = [m for m in map(self.index.module, paths) if m is not None]
        own = [m for m in modules if not self.is_test(m)]
        list(self._apps.find(own))  # what makes tasks is told by the application it belongs to
        decorators = self._tasks.house_names(own)
        if decorators:
            # files that use a house decorator need not have a word of Celery in them
            more = self.index.using(decorators, set(paths))
            modules = sorted(
                [*modules, *(m for m in map(self.index.module, more) if m is not None)], key=lambda m: m.path
            )
        return tuple(modules)

    @cached_property
    def _relevant_paths(self) -> frozenset[str]:
        return frozenset(m.path for m in self._relevant)

    def concerns(self, path: str) -> bool:
        """Whether a file of the project concerns Celery, by its own text or by a house decorator."""
        return path in self._relevant_paths or self.index.concerns_celery(path)

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The modules that concern Celery, tests left out, in the order of their paths."""
        return tuple(m for m in self._relevant if not self.is_test(m))

    def module(self, path: str) -> Module | None:
        """The module at a path relative to the root."""
        return self.index.module(path)

    @staticmethod
    def is_test(module: Module) -> bool:
        return is_test_path(module.path)

    def module_name(self, module: Module) -> str:
        """The dotted name under which the project imports the module."""
        return self.index.module_name(module.path)

    def find_module(self, dotted: str, near: Module | None = None) -> Module | None:
        """The project's module of that import name, as seen from the module `near`."""
        path = self.index.path_of(dotted, near.path if near is not None else None)
        return self.index.module(path) if path is not None else None

    def has_module(self, dotted: str, near: Module | None = None) -> bool:
        """Whether the project has such a module, package or folder. Nothing is parsed."""
        return self.index.has(dotted, near.path if near is not None else None)

    def _relative(self, module: Module, target: str) -> str | None:
        return self.index.relative(module.path, target)

    def _siblings(self, module: Module) -> list[Module]:
        folder = posixpath.dirname(module.path)
        paths = [p for p in sorted(self.index.tree.python) if posixpath.dirname(p) == folder and p != module.path]
        return [m for m in map(self.index.module, paths) if m is not None]

    def _settings_modules(self) -> list[Module]:
        """Modules that look like Django's settings, where the project does not say which they are."""
        found = []
        for path in sorted(self.index.tree.python):
            name = posixpath.basename(path)
            folder = posixpath.basename(posixpath.dirname(path))
            if (
                (name == "settings.py" or folder == "settings")
                and not is_test_path(path)
                and self.index.concerns_celery(path)
            ):
                module = self.index.module(path)
                if module is not None:
                    found.append(module)
        return found

    def where(self, at: Module | Scope, span: Span) -> str:
        """ "path:line" for messages."""
        module = at if isinstance(at, Module) else at.module
        return f"{module.path}:{span.line}"

    # --- names

    def target(self, scope: Scope, expr: Expr | None) -> Target | None:
        """All that is known of what an expression stands for."""
        return self.names.resolve(scope, expr)

    def name(self, scope: Scope, expr: Expr | None) -> str | None:
        """The canonical dotted name of what an expression stands for, None where it cannot be told."""
        found = self.names.resolve(scope, expr)
        return found.name or None if found is not None else None

    def function(self, scope: Scope, expr: Expr | None) -> Scope | None:
        """The project's function, method or class that an expression stands for."""
        found = self.names.resolve(scope, expr)
        return found.scope if found is not None and not found.instance else None

    def value(self, scope: Scope, expr: Expr | None) -> object:
        """The value of a literal, also through constants of other modules; UNKNOWN otherwise."""
        return self.names.value(scope, expr)

    # --- apps and tasks

    @cached_property
    def apps(self) -> tuple[App, ...]:
        """The Celery applications that the project makes, those that a command starts first."""
        started = {(command.app or "").partition(":")[0] for command in self.deployment.commands}

        def is_started(app: App) -> bool:
            name = self.module_name(app.module)
            return name in started or name.removesuffix(".celery") in started

        return tuple(sorted(self._apps.find(self.modules), key=lambda app: not is_started(app)))

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks of the project."""
        return tuple(task for module in self.modules for task in self.tasks_of(module))

    def tasks_of(self, module: Module) -> tuple[Task, ...]:
        """The tasks that a module defines."""
        known = self._of_module.get(module.path)
        if known is None:
            _ = self.apps
            found: list[Task] = []
            for task in self._tasks.of_module(module):
                if not any(t.function is task.function for t in found):
                    found.append(task)
            known = self._of_module[module.path] = tuple(sorted(found, key=lambda t: (t.span.line, t.span.column)))
        return known

    @cached_property
    def _by_function(self) -> dict[tuple[str, int], Task]:
        found: dict[tuple[str, int], Task] = {}
        for task in self.tasks:
            found[(task.function.module.path, task.function.index)] = task
            if task.cls is not None:
                found[(task.cls.module.path, task.cls.index)] = task
        return found

    @cached_property
    def _by_variable(self) -> dict[str, Task]:
        """Tasks made by a call, by the module-level name they are bound to."""
        found: dict[str, Task] = {}
        for task in self.tasks:
            if task.decorator is not None or task.cls is not None:
                continue
            module = task.module
            for assign in module.body.assigns:
                call = module.body.call(assign.value)
                if call is not None and call.span == task.span and isinstance(assign.target, Name):
                    found[f"{self.module_name(module)}.{assign.target.id}"] = task
        return found

    def task(self, scope: Scope, expr: Expr | None) -> Task | None:
        """The task that an expression stands for."""
        found = self.names.resolve(scope, expr)
        if found is None:
            return None
        if found.scope is not None:
            task = self.task_of(found.scope)
            if task is not None and task.decorator is None and task.cls is None:
                return None  # the plain function behind `x = app.task(function)`
            return task
        return self._by_variable.get(found.variable) if found.variable else None

    def task_of(self, scope: Scope) -> Task | None:
        """The task whose body (or class) a scope is."""
        return self._by_function.get((scope.module.path, scope.index))

    def base_class(self, task: Task) -> tuple[Scope | None, bool]:
        """The project's class that the task is an instance of, if any, and whether its class is known at all."""
        return self._tasks.base_class(task)

    def dispatch(self, scope: Scope, call: Call) -> Dispatch | None:
        """What a call sends, or what signature it builds."""
        return self._dispatches.of(scope, call)

    # --- options and settings

    def option(self, task: Task, name: str) -> Value:
        """The effective value of a task option."""
        annotated = self._annotation(task, name)
        if annotated is not None and annotated.state == "set":
            return annotated
        found = task.options.get(name)
        if found is not None and found.value is not None:
            return found
        if found is None and not task.complete:
            return CANNOT_TELL
        inherited = self._class_option(task, name)
        if inherited is not None and inherited.value is not None:
            return inherited
        if annotated is not None:
            return annotated
        setting = OPTION_TO_SETTING.get(name)
        return self.setting(task, setting) if setting is not None else UNSET

    def _class_option(self, task: Task, name: str) -> Value | None:
        """The option as an attribute of the task's class."""
        cls, known = self._tasks.base_class(task)
        if not known and cls is None:
            return CANNOT_TELL
        if cls is None:
            return None
        unknown = False
        queue = [cls]
        for ancestor in self.names.ancestors(cls):
            if ancestor is None:
                unknown = True
            elif ancestor.scope is not None:
                queue.append(ancestor.scope)
            elif not is_harmless_base(ancestor.name) and not ancestor.name.startswith(("abc.", "builtins.", "typing.")):
                unknown = unknown or not ancestor.name.endswith("().Task")
        for scope in queue:
            for assign in reversed(scope.assigned(name)):
                return Value("set", self.value(scope, assign.value), self.where(scope, assign.span))
            if any(c.name == name for c in scope.children):
                return Value("set", UNKNOWN, self.where(scope, scope.span))
        return CANNOT_TELL if unknown else None

    def _annotation(self, task: Task, name: str) -> Value | None:
        """The option by `task_annotations`, which overrides the task's own."""
        found = self.setting(task, "task_annotations")
        if found.state == "unset":
            return None
        if found.state == "unknown":
            # no sign of annotations, only of settings that cannot be read: the setting itself will be unknown too
            return None
        tables = found.value if isinstance(found.value, list | tuple) else [found.value]
        result: Value | None = None
        for table in tables:
            if not isinstance(table, dict):
                return CANNOT_TELL
            for key in ("*", task.name):
                options = table.get(key)
                if options is UNKNOWN or (options is not None and not isinstance(options, dict)):
                    return CANNOT_TELL
                if isinstance(options, dict) and name in options:
                    result = Value("set", options[name], found.origin)
        return result

    def apps_of(self, task: Task) -> tuple[App, ...]:
        """The applications a task may run under."""
        if task.app is not None:
            return (task.app,)
        if not task.app_known:
            return ()
        root = self.index.import_root(task.module.path)
        near = tuple(a for a in self.apps if self.index.import_root(a.module.path) == root)
        return near or self.apps

    def setting(self, of: Task | App | None, name: str) -> Value:
        """The effective value of a setting by its modern name, for an application, a task's or (None) all of them."""
        if isinstance(of, App):
            value = self._settings.get(of, name)
            commands = self._workers((of,))
        else:
            apps = self.apps if of is None else self.apps_of(of)
            if not apps:
                return CANNOT_TELL
            values = [self._settings.get(app, name) for app in apps]
            value = values[0]
            for other in values[1:]:
                if other.state != value.state:
                    return CANNOT_TELL
                if other.value is UNKNOWN or value.value is UNKNOWN or other.value != value.value:
                    value = Value(value.state, UNKNOWN, value.origin) if value.state == "set" else value
            commands = self._workers(apps)
        option = _COMMAND_SETTINGS.get(name)
        if option is None or not commands:
            return value
        return self._with_commands(value, option, commands)

    @staticmethod
    def _with_commands(value: Value, option: str, commands: list[Command]) -> Value:
        """A setting that worker commands can override."""
        given = [command.option(option) for command in commands]
        if all(g is None for g in given):
            if any(command.uncertain for command in commands) and value.state == "unset":
                return CANNOT_TELL
            return value
        if value.state != "set" and not all(g is not None for g in given):
            return CANNOT_TELL
        first = next(i for i, g in enumerate(given) if g is not None)
        origin = f"{commands[first].path}:{commands[first].span.line}"
        text = given[first] or ""
        if any(g != text for g in given):
            return Value("set", UNKNOWN, origin)
        try:
            return Value("set", float(text) if "." in text else int(text), origin)
        except ValueError:
            return Value("set", text if option == "--pool" and text.isalpha() else UNKNOWN, origin)

    def _workers(self, apps: tuple[App, ...]) -> list[Command]:
        """The worker commands that may run these applications."""
        modules = {self.module_name(app.module) for app in apps}
        found = []
        for command in self.deployment.commands:
            if command.program != "worker":
                continue
            if command.app and len(self.apps) > len(apps):
                target = command.app.replace(":", ".")
                if not any(
                    m == target or m.startswith(target + ".") or target.startswith(m + ".") or m.endswith("." + target)
                    for m in modules
                ):
                    continue
            found.append(command)
        # a development or test variant says nothing about the workers that the others describe
        return [command for command in found if not command.variant] or found

    def pools(self, of: Task | App | None) -> set[str] | None:
        """The pools of the workers that run it; None where that is not known."""
        if isinstance(of, App):
            apps: tuple[App, ...] = (of,)
        else:
            apps = self.apps if of is None else self.apps_of(of)
        commands = self._workers(apps)
        setting = CANNOT_TELL
        if apps:
            values = [self._settings.get(app, "worker_pool") for app in apps]
            setting = values[0] if all(v == values[0] for v in values) else CANNOT_TELL
        if not commands:
            return {str(setting.value)} if setting.is_set and isinstance(setting.value, str) else None
        found: set[str] = set()
        for command in commands:
            given = command.option("--pool")
            if given is not None:
                if not given.replace("_", "").isalpha():
                    return None
                found.add("gevent" if given == "gevent" else given)
            elif setting.is_set:
                if not isinstance(setting.value, str):
                    return None
                found.add(setting.value)
            elif setting.is_unset and not command.uncertain:
                found.add("prefork")
            else:
                return None
        return found

    # --- the schedule

    @cached_property
    def schedule(self) -> tuple[ScheduleEntry, ...]:
        """The entries of beat schedules, as far as they are literal."""
        found: list[ScheduleEntry] = []
        for module in self.modules:
            for scope in module.scopes:
                for assign in scope.assigns:
                    if self._is_schedule(assign.target):
                        found.extend(self._entries(scope, assign.value, assign.span))
                for call in scope.calls:
                    if call.attr in ("update", "Celery"):
                        expr = call.keyword("beat_schedule")
                        if expr is not None:
                            found.extend(self._entries(scope, expr, call.span))
                    if (
                        call.attr == "update"
                        and isinstance(call.func, Attr)
                        and self._is_schedule(call.func.base)
                        and call.args
                    ):
                        found.extend(self._entries(scope, call.args[0], call.span))
                    if call.attr == "add_periodic_task" and len(call.args) >= 2:
                        signature = scope.call(call.args[1])
                        sent = self.dispatch(scope, signature) if signature is not None else None
                        name = sent.name if sent is not None else None
                        if name is None and (task := self.task(scope, call.args[1])) is not None:
                            name = task.name
                        found.append(ScheduleEntry(name, "", module.path, call.span))
        return tuple(found)

    @staticmethod
    def _is_schedule(target: Expr) -> bool:
        last = target.attr if isinstance(target, Attr) else target.id if isinstance(target, Name) else ""
        return last.lower() in ("beat_schedule", "celery_beat_schedule", "celerybeat_schedule")

    def _entries(self, scope: Scope, expr: Expr, span: Span) -> Iterator[ScheduleEntry]:
        found = self.names.resolve(scope, expr)
        if found is not None and found.value is not None:
            scope, expr = found.value
        if not isinstance(expr, Dict):
            return
        for key, entry in expr.items:
            name = key.value if isinstance(key, Const) and isinstance(key.value, str) else ""
            if isinstance(entry, Dict):
                for field, value in entry.items:
                    if field == Const("task"):
                        task = self.value(scope, value)
                        if not isinstance(task, str) and isinstance(value, Attr) and value.attr == "name":
                            known = self.task(scope, value.base)
                            task = known.name if known is not None else None
                        yield ScheduleEntry(task if isinstance(task, str) else None, name, scope.module.path, span)

    # --- what runs in a task

    def reach(self, task: Task, depth: int = 3) -> Iterator[Reach]:
        """The task's body, what is nested in it, and the project's functions it calls, `depth` calls deep."""
        seen: set[tuple[str, int]] = set()
        queue = [Reach(task.function, (self._qualified(task.function),), ())]
        while queue:
            here = queue.pop(0)
            key = (here.scope.module.path, here.scope.index)
            if key in seen:
                continue
            seen.add(key)
            yield here
            for child in here.scope.children:
                if child.kind in ("function", "lambda") and self.task_of(child) is None:
                    queue.append(Reach(child, here.trace, here.calls))
            if len(here.calls) >= depth:
                continue
            for call in here.scope.calls:
                function = self.function(here.scope, call.func)
                if function is None or function.kind != "function" or self.task_of(function) is not None:
                    continue
                if is_test_path(function.module.path):
                    continue
                queue.append(
                    Reach(function, (*here.trace, self._qualified(function)), (*here.calls, (here.scope, call)))
                )

    def _qualified(self, scope: Scope) -> str:
        return f"{self.module_name(scope.module)}.{scope.qualname}"

    def retries(self, task: Task) -> bool:
        """Whether something retries the task, or that cannot be ruled out."""
        if not task.complete:
            return True
        found = self.option(task, "autoretry_for")
        if found.state == "unknown" or (found.is_set and (found.value is UNKNOWN or bool(found.value))):
            return True
        function = task.function
        outer = function.enclosing
        for decorator in function.decorators:
            call = outer.call(decorator.expr) if outer is not None else None
            name = dotted(call.func if call is not None else decorator.expr) or ""
            if any(part in _RETRY_DECORATORS for part in name.lower().replace("_", ".").split(".")):
                return True
        cls, known = self._tasks.base_class(task)
        if not known:
            return True
        scopes = list(task.wrappers)
        if cls is not None:
            classes = [cls, *(a.scope for a in self.names.ancestors(cls) if a is not None and a.scope is not None)]
            scopes.extend(child for c in classes for child in c.children)
        if any("retry" in (call.attr or "") for scope in scopes for call in scope.calls):
            return True
        first = function.params[0].name if function.params and task.bound is not False else None
        for reached in self.reach(task):
            own = reached.scope is function or reached.scope.parent == function.index
            for call in reached.scope.calls:
                if call.attr in ("retry", "replace") and isinstance(call.func, Attr):
                    if call.attr == "retry" or (own and call.func.base == Name(first or "")):
                        return True
                if (
                    own
                    and first is not None
                    and any(v == Name(first) for v in [*call.args, *(v for _, v in call.keywords)])
                ):
                    return True
                if own and call.attr in ("delay", "apply_async") and isinstance(call.func, Attr):
                    if self.task(reached.scope, call.func.base) is task:
                        return True
            for raised in reached.scope.raises:
                call_ = reached.scope.call(raised.value)
                name = dotted(call_.func if call_ is not None else raised.value) or ""
                if name.rpartition(".")[2] in ("Retry", "TryAgain"):
                    return True
            owner = reached.scope.enclosing
            if owner is not None and reached.scope is not function:
                for decorator in reached.scope.decorators:
                    call_ = owner.call(decorator.expr)
                    name = dotted(call_.func if call_ is not None else decorator.expr) or ""
                    if any(part in _RETRY_DECORATORS for part in name.lower().replace("_", ".").split(".")):
                        return True
        return False

    def caught(self, scope: Scope, block: int) -> list[str | None]:
        """The exception types that `try` statements around `block` catch, "BaseException" for a bare `except`, None
        where a type cannot be told; the innermost first."""
        found: list[str | None] = []
        for _, around in scope.around(block):
            for handler in around.handlers:
                if not handler.types:
                    found.append("BaseException")
                for expr in handler.types:
                    name = self.name(scope, expr)
                    found.append(name.removeprefix("builtins.") if name is not None else None)
        return found

    # --- deployment

    @cached_property
    def deployment(self) -> Deployment:
        """What the deployment and script files of the project say."""
        from .deploy import read_deployment

        commands: list[Command] = []
        mentions: list[Mention] = []
        problems: list[tuple[str, int, str]] = []
        for path in sorted(self.index.tree.deployment):
            try:
                data = (self.root / path).read_bytes()
            except OSError as error:
                problems.append((path, 1, f"cannot read: {error.strerror}"))
                continue
            if len(data) > 1_000_000:
                continue
            found = read_deployment(path, data.decode("utf-8", "replace"))
            commands.extend(found.commands)
            mentions.extend(found.mentions)
            problems.extend(found.problems)
        return Deployment(tuple(commands), tuple(mentions), tuple(problems))


__all__ = ["Dispatch", "Project", "Reach"]

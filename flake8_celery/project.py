"""What checks ask: the Celery facts of a whole project, derived from the facts of its files when they are asked for."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import filterfalse
from typing import TYPE_CHECKING, TypeVar

from .apps import Apps
from .calls import Calls, words
from .canvas import CANVAS_WORDS, Callback, Canvas, Canvases
from .clock import Clock
from .comments import comments_on, lines_of
from .config import Config
from .dispatch import Dispatch, Dispatches
from .environment import Environment
from .frozen import dataclass
from .handed import Handed
from .handling import Handling
from .intent import is_extra
from .knowledge.settings import OPTION_TO_SETTING
from .mentions import attributes_read, deployed, imported, named, used
from .model import (
    CANNOT_TELL,
    UNKNOWN,
    UNSET,
    App,
    Attr,
    Call,
    Command,
    Deployment,
    Expr,
    Module,
    Name,
    ScheduleEntry,
    Scope,
    Span,
    Sub,
    Task,
    Value,
    dotted,
)
from .names import Names, Target
from .nested import may_be_registered
from .outlines import calls_at
from .parameters import Parameters, TaskParameters
from .reading import CUT, Kept, Reads
from .roles import is_test_path
from .sends import Result, Sends, Sent
from .settings import Settings, Written
from .source import SourceError
from .spots import spot
from .suppressing import Suppressing
from .tasks import Tasks, is_harmless_base, registering
from .transactions import Transaction, Transactions
from .versions import CeleryVersion, celery_version

if TYPE_CHECKING:
    from pathlib import Path

    from .index import Index
    from .sought import Sought

T = TypeVar("T")
_SETTINGS = re.compile(r"(?:^|/)settings(?:\.py|/[^/]+)\Z")
_RETRY_DECORATORS = frozenset({"tenacity", "backoff", "stamina"})
_COMMAND_SETTINGS = {
    "task_time_limit": "--time-limit",
    "task_soft_time_limit": "--soft-time-limit",
    "worker_pool": "--pool",
    "worker_prefetch_multiplier": "--prefetch-multiplier",
    "worker_max_tasks_per_child": "--max-tasks-per-child",
}


_Leads = tuple[tuple[Call, Scope, str], ...]


class _ByTasks:
    """What tasks reach, what modules send, and what was asked of tasks and scopes, for as long as the files that were
    read for it stay the same, and all other files have the very same tasks."""

    def __init__(self, reads: Reads) -> None:
        self.reads = reads
        self.reach = Kept[tuple[str, int, int], tuple[Reach, ...]](reads)
        self.leads = Kept[tuple[str, int], _Leads](reads)
        self.sent = Kept[str, tuple[tuple[Scope, Call, Dispatch], ...]](reads)
        self.tasks = Kept[tuple[object, int], tuple[Task, object]](reads)
        self.scopes: defaultdict[object, Kept[tuple[str, int], object]] = defaultdict(lambda: Kept(reads))
        self.with_settings()

    def with_settings(self) -> None:
        """Begin anew with what options and settings may decide about."""
        self.modules: defaultdict[object, Kept[str, tuple[tuple[Task, object], ...]]]
        self.modules = defaultdict(lambda: Kept(self.reads))
        self.optional = Kept[tuple[object, int], tuple[Task, object]](self.reads)

    def forget(self, gone: int) -> None:
        for kept in (self.reach, self.leads, self.sent, self.tasks, self.optional):
            kept.forget(gone)
        for of_scopes in self.scopes.values():
            of_scopes.forget(gone)
        for of_modules in self.modules.values():
            of_modules.forget(gone)


@dataclass(frozen=True, slots=True)
class Reach:
    """A scope that runs when a task runs. `trace` are the dotted names of the functions from the task's own to this
    one; `calls` the calls that lead here, each with the scope it stands in, the task's own first."""

    scope: Scope
    trace: tuple[str, ...]
    calls: tuple[tuple[Scope, Call], ...]


class Project:
    """A project as its checks see it. Test modules are left out of everything that is enumerated."""

    def __init__(
        self, index: Index, config: Config | None = None, before: Project | None = None, path: str = ""
    ) -> None:
        self.index = index
        self.config = config or Config()
        self.answers: dict[object, object] = {}
        """What was asked about the project by `per_project`."""
        self.names = Names(self.find_module, self.module_name, self._relative, self.has_module)
        self.calls = Calls(self.names, lambda: self.calling, index.derived, self._importing)
        self._edited = path
        # no chain of projects: what was never asked has nothing to take over
        self._before: Project | None = before if before is not None and before._before is None else None
        self._by_tasks_before: tuple[dict[tuple[str, int], int], _ByTasks] | None = None
        self._tasks_before: tuple[Task, ...] = ()
        self._class_options = Kept[tuple[str, int, str], Value | None](self.names.reads)
        self._imported = Kept[tuple[str, frozenset[str]], frozenset[str]](self.names.reads)
        if before is not None:
            self.names.follow(before.names, path)
            self._imported = before._imported
            self._imported.forget(self.names.reads.bit(path))
            self._class_options = before._class_options
            self._class_options.forget(self.names.reads.bit(path) | CUT)
            self.calls.follow(before.calls)
            if "_by_tasks" in before.__dict__:
                self._by_tasks_before = (before._tasks_elsewhere(path), before._by_tasks)
                self._tasks_before = before.tasks
            if "_celery_version" in before.__dict__:
                self.__dict__["_celery_version"] = before._celery_version
        self._apps = Apps(self.names, index.derived)
        if before is not None:
            self._apps.follow(before._apps)
        self._tasks = Tasks(
            self.names,
            self._apps,
            index.derived,
            self.module_name,
            self.apps_of,
            lambda: self.modules,
            self.config.task_decorators,
        )
        self._settings = Settings(
            self.names,
            self._apps,
            index.derived,
            lambda: list(self.modules),
            self.find_module,
            self._siblings,
            self._settings_modules,
            self.celery_version,
        )
        self._dispatches = Dispatches(self.names, self.task, self.is_app, Handed(self.calls, self.task).task)
        self.handling = Handling(self.names)
        self.environment = Environment(self.names)
        self.suppressing = Suppressing(self.names, self.handling)
        self.clock = Clock(self.names, lambda: self.django_settings)
        self._canvases = Canvases(self.names, self._dispatches, self.task)
        self._parameters = TaskParameters(self.names, self.base_class, self.option, self.apps_of, is_harmless_base)
        self._known_parameters: dict[tuple[str, int], Parameters | None] = {}
        self._of_module = Kept[str, tuple[Task, ...]](self.names.reads)
        self._options = Kept[tuple[int, str], tuple[Task, Value]](self.names.reads)
        self._effective = Kept[tuple[object, ...], tuple[tuple[App, ...], Value]](self.names.reads)
        self._settings_read = 0
        self._settings_hold = False
        self._pools: dict[tuple[int, ...], tuple[tuple[App, ...], set[str] | None]] = {}
        self._made: list[App] = []
        self._near: dict[str, tuple[App, ...]] = {}
        self._registered: dict[tuple[str, int], bool] = {}
        self._sends = Sends(self.names, self.dispatch, self.canvas, self._apps.is_instance, self.task)
        self.transactions = Transactions(self.names, self.calls, lambda: self.calling)

    # --- files and modules

    @property
    def root(self) -> Path:
        return self.index.root

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The modules that concern Celery, tests left out, in the order of their paths."""
        paths = self.index.scan()
        own = [m for m in map(self.index.module, filterfalse(self.index.is_test, paths)) if m is not None]
        # what makes tasks is told by the application it belongs to
        self._take_over(list(self._apps.find(own)))
        decorators = self._tasks.house_names(own)
        if decorators:
            # files that use a house decorator need not have a word of Celery in them
            more = self.index.using(decorators, set(paths))
            own = sorted([*own, *(m for m in map(self.index.module, more) if m is not None)], key=lambda m: m.path)
        return tuple(own)

    def _take_over(self, made: list[App]) -> None:
        """What was known before an edit holds where the project makes the same applications, unless the edited file was
        read for it. What is known of settings holds where that file neither sets any nor did so before."""
        before, self._before, self._made = self._before, None, made
        if before is None or list(map(id, before._made)) != list(map(id, made)):
            return
        gone = self.names.reads.bit(self._edited) | CUT
        self._tasks.follow(before._tasks, gone)
        versions = (self.index.replaced, self.index.module(self._edited))
        calls = (call for m in versions if m is not None for _, call in calls_at(m, self.index.derived(registering, m)))
        if not any(call.attr == "register_task" for call in calls):
            # what one module registers may be defined in any other one
            self._of_module = before._of_module
            self._of_module.forget(gone)
        if before._settings_read & gone or any(m is not None and self._settings.writes(m) for m in versions):
            return
        self._settings_read, self._settings_hold = before._settings_read, True
        self._effective, self._options, self._pools = before._effective, before._options, before._pools
        for name in ("written_settings", "reads_django_settings"):
            if name in before.__dict__:
                self.__dict__[name] = before.__dict__[name]
        self._options.forget(gone)

    @cached_property
    def _relevant_paths(self) -> frozenset[str]:
        tests = filter(self.index.is_test, self.index.scan())
        return frozenset([*tests, *(module.path for module in self.modules)])

    def concerns(self, path: str) -> bool:
        """Whether a file of the project concerns Celery, by its own text or by a house decorator."""
        return path in self._relevant_paths or self.index.concerns_celery(path)

    @cached_property
    def calling(self) -> tuple[Module, ...]:
        """The modules whose calls are known: those that concern Celery, and those that open transactions."""
        others = (path for path in self.index.opening_transactions() if path not in self._relevant_paths)
        found = map(self.index.module, others)
        return tuple(sorted([*self.modules, *(m for m in found if m is not None)], key=lambda m: m.path))

    def _importing(self, sought: Sought) -> list[Module]:
        """The modules, tests left out, that may call something."""
        return [m for m in map(self._read, self.index.calling(sought)) if m is not None]

    def speaks(self, module: Module) -> bool:
        """Whether a module is one of `modules`."""
        return module.path in self._relevant_paths and not self.is_test(module)

    def module(self, path: str) -> Module | None:
        """The module at a path relative to the root."""
        return self.index.module(path)

    def is_test(self, module: Module) -> bool:
        return self.index.is_test(module.path)

    def module_name(self, module: Module) -> str:
        """The dotted name under which the project imports the module."""
        return self.index.module_name(module.path)

    def find_module(self, dotted: str, near: Module | None = None) -> Module | None:
        """The project's module of that import name, as seen from the module `near`."""
        path = self.index.path_of(dotted, near.path if near is not None else None)
        return self._read(path) if path is not None else None

    def _read(self, path: str) -> Module | None:
        module = self.index.module(path)
        self.names.reads.read(module)
        return module

    def has_module(self, dotted: str, near: Module | None = None) -> bool:
        """Whether the project has such a module, package or folder. Nothing is parsed."""
        return self.index.has(dotted, near.path if near is not None else None)

    def _relative(self, module: Module, target: str) -> str | None:
        return self.index.relative(module.path, target)

    def _siblings(self, module: Module) -> list[Module]:
        folder = posixpath.dirname(module.path)
        paths = [p for p in sorted(self.index.tree.python) if posixpath.dirname(p) == folder and p != module.path]
        return [m for m in map(self._read, paths) if m is not None]

    def _settings_modules(self) -> list[Module]:
        """Modules that look like Django's settings, where the project does not say which they are."""
        found = []
        for path in sorted(self.index.named(_SETTINGS)):
            if not is_test_path(path) and self.index.concerns_celery(path):
                module = self._read(path)
                if module is not None:
                    found.append(module)
        return found

    @cached_property
    def django_settings(self) -> list[Module]:
        """Django's settings: the module that the project names first, then what may be used in its place."""
        modules = self.modules
        return self._of_settings(lambda: self._settings.django_modules(modules[0])) if modules else []

    def where(self, at: Module | Scope, span: Span) -> str:
        """ "path:line" for messages."""
        module = at if isinstance(at, Module) else at.module
        return f"{module.path}:{span.line}"

    def spot(self, at: Module | Scope, around: Span, key: str) -> Span:
        """Where the keyword or string key stands in the call or assignment at `around`. The file is read again: ask
        for findings only."""
        path = at.path if isinstance(at, Module) else at.module.path
        try:
            found = spot(path, self.index.data(path), around, key)
        except SourceError:
            return around
        self.index.questions.spots.setdefault(path, {})[around, key] = found
        return found

    def comments(self, module: Module, span: Span) -> list[str]:
        """The comments at a place of a module, above it and at the head of the entry that it is part of. The file is
        read again: ask only where there is something to compare them with."""
        try:
            found = list(comments_on(lines_of(self.index.data(module.path)), span))
        except SourceError:
            return []
        self.index.questions.comments.setdefault(module.path, {})[span] = found
        return found

    def attributes_read(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the names that some code reads from a task or from its options, by the text of the modules that
        concern Celery."""
        return attributes_read(self.index, sorted(self._relevant_paths), names)

    def settings_used(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the names of settings that the project itself reads somewhere, by the text of all its files."""
        names = frozenset(names)
        capitals = [name for name in names if name.isupper()]
        paths = self.index.tree.python
        return used(self.index, paths, names) | named(self.index, paths, capitals)

    def names_used(self, module: Module, names: Iterable[str]) -> frozenset[str]:
        """Those of the names that a module uses itself, other than to assign them, by its text."""
        return named(self.index, [module.path], names)

    def deployment_mentions(self, word: str) -> bool:
        """Whether a deployment, script or environment file holds the word, by their text."""
        return deployed(self.index, word)

    def imports(self, path: str, packages: Iterable[str]) -> frozenset[str]:
        """Those of the packages that the file at a path imports, by its text: nothing is parsed."""
        return self._imported.get((path, frozenset(packages)), self._imports_of, path, packages)

    def _imports_of(self, path: str, packages: Iterable[str]) -> frozenset[str]:
        self.names.reads.now |= self.names.reads.bit(path)
        return imported(self.index, path, packages)

    def path_of(self, dotted: str, near: Module) -> str | None:
        """The path of the project's module of that import name, which is not parsed."""
        absolute = self._relative(near, dotted) if dotted.startswith(".") else dotted
        return self.index.path_of(absolute, near.path) if absolute else None

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
        _ = self.apps
        return self._of_module.get(module.path, lambda: self._tasks_of(module))

    def _tasks_of(self, module: Module) -> tuple[Task, ...]:
        self.names.reads.read(module)
        found: list[Task] = []
        for task in self._tasks.of_module(module):
            if not any(t.function is task.function for t in found):
                found.append(task)
        return tuple(sorted(found, key=lambda t: (t.span.line, t.span.column)))

    def may_be_registered(self, task: Task) -> bool:
        """Whether a worker may know the task: not where it is defined in a function that is called later, elsewhere."""
        key = (task.function.module.path, task.function.index)
        if key not in self._registered:
            self._registered[key] = may_be_registered(self, task)
        return self._registered[key]

    @cached_property
    def running_tasks(self) -> tuple[Task, ...]:
        """The tasks that workers may run."""
        return tuple(task for task in self.tasks if self.may_be_registered(task))

    def running_tasks_of(self, module: Module) -> tuple[Task, ...]:
        """The tasks of a module that workers may run."""
        return tuple(task for task in self.tasks_of(module) if self.may_be_registered(task))

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
        own = self._own_task(scope, expr) if isinstance(expr, Name) else None
        if own is not None:
            return own
        found = self.names.resolve(scope, expr)
        if found is None:
            return None
        if isinstance(expr, Sub) and found.value is None:
            found = replace(found, value=(scope, expr))
        if found.scope is not None:
            task = self.task_of(found.scope)
            if task is not None and task.decorator is None and task.cls is None:
                return None  # the plain function behind `x = app.task(function)`
            return task
        task = self._by_variable.get(found.variable) if found.variable else None
        if task is not None:
            self.names.reads.read(task.module)
            return task
        return self._in_registry(found)

    def _in_registry(self, found: Target) -> Task | None:
        """The task of `app.register_task(...)` or `app.tasks[...]`."""
        if found.made is not None and found.name.endswith(".register_task()"):
            scope, call = found.made
            registered = self.names.resolve(scope, call.args[0]) if len(call.args) == 1 else None
            return self.task_of(registered.scope) if registered is not None and registered.scope is not None else None
        if found.value is None or not found.name.endswith(".tasks[]") or not isinstance(found.value[1], Sub):
            return None
        scope, place = found.value[0], found.value[1]
        if not isinstance(place.base, Attr) or not self.is_app(scope, place.base.base):
            return None
        if isinstance(place.index, Attr) and place.index.attr == "name":
            return self.task(scope, place.index.base)
        name = self.value(scope, place.index)
        # any file may name a task like that
        self.names.reads.now |= CUT
        return self.task_named(name) if isinstance(name, str) else None

    def _own_task(self, scope: Scope, name: Name) -> Task | None:
        """The bound task whose `self` a name is, also in functions nested in it."""
        here: Scope | None = scope
        while here is not None and here.kind in ("function", "lambda"):
            if here.param(name.id) is not None:
                task = self.task_of(here)
                own = task is not None and task.bound and here.params[0].name == name.id
                return task if own and not here.assigned(name.id) else None
            if here.assigned(name.id):
                return None
            here = here.enclosing
        return None

    @cached_property
    def _by_name(self) -> dict[str, Task | None]:
        found: dict[str, Task | None] = {}
        for task in self.tasks:
            if task.name:
                found[task.name] = None if task.name in found else task
        return found

    def task_named(self, name: str) -> Task | None:
        """The task of that registered name, None where there is none or more than one."""
        return self._by_name.get(name)

    def has_task(self, name: str) -> bool:
        """Whether the project has a task of that registered name, or more than one."""
        return name in self._by_name

    def task_of(self, scope: Scope) -> Task | None:
        """The task whose body (or class) a scope is."""
        task = self._by_function.get((scope.module.path, scope.index))
        if task is not None:
            self.names.reads.read(task.module)
        return task

    def makes_task(self, scope: Scope, expr: Expr) -> bool:
        """Whether Celery itself makes a task of what is given to `expr`: a decorator of Celery's own, no house one."""
        factory = self._tasks.factory(scope, expr)
        return factory is not None and not factory.wrappers and factory.complete

    def base_class(self, task: Task) -> tuple[Scope | None, bool]:
        """The project's class that the task is an instance of, if any, and whether its class is known at all."""
        return self._tasks.base_class(task)

    def dispatch(self, scope: Scope, call: Call) -> Dispatch | None:
        """What a call sends, or what signature it builds."""
        return self._dispatches.of(scope, call)

    def signature(self, scope: Scope, expr: Expr) -> Dispatch | None:
        """The signature of a task that an expression is."""
        return self._dispatches.signature(scope, expr)

    def retry(self, scope: Scope, call: Call) -> Dispatch | None:
        """What `self.retry(...)` sends again; `args` and `kwargs` are None where those of the run are kept."""
        return self._dispatches.retry(scope, call)

    def sent_in(self, module: Module) -> tuple[tuple[Scope, Call, Dispatch], ...]:
        """The calls of a module that send a task or build a signature, with their scopes."""
        return self._by_tasks.sent.get(module.path, lambda: tuple(self._sent_in(module)))

    def _sent_in(self, module: Module) -> Iterator[tuple[Scope, Call, Dispatch]]:
        self.names.reads.read(module)
        for scope, call in self.called(module, self._dispatches.words(module)):
            sent = self.dispatch(scope, call)
            if sent is not None:
                yield scope, call, sent

    def canvases(self, module: Module) -> Iterator[tuple[Canvas, int | None]]:
        """The chains, groups, chords and maps of a module, and how many arguments each is sent with (None: unseen)."""
        for position in dict.fromkeys(scope.index for scope, _ in self.called(module, CANVAS_WORDS)):
            yield from self._canvases.of_scope(module.scopes[position])

    def canvas(self, scope: Scope, expr: Expr, at: Span) -> Canvas:
        """What an expression is as a signature; `at` is where to report what has no place of its own."""
        return self._canvases.of(scope, expr, at)

    def callbacks(self, module: Module) -> Iterator[Callback]:
        """What the calls of a module add as callbacks and errbacks."""
        for scope in module.scopes:
            yield from self._canvases.callbacks(scope)

    def parameters(self, task: Task) -> Parameters | None:
        """What callers of a task have to pass, None where that cannot be told."""
        key = (task.function.module.path, task.function.index)
        if key not in self._known_parameters:
            self._known_parameters[key] = self._parameters.of(task)
        return self._known_parameters[key]

    def sends_as_given(self, task: Task) -> bool:
        """Whether the class of a task is known to send the arguments that it is given."""
        return self._parameters.plain_class(task)

    def is_app(self, scope: Scope, expr: Expr) -> bool:
        """Whether an expression is a Celery application."""
        if isinstance(expr, Attr) and expr.attr == "app" and self.task(scope, expr.base) is not None:
            return True
        return self._apps.is_instance(self.names.resolve(scope, expr))

    def app_of(self, scope: Scope, expr: Expr) -> App | None:
        """The application of the project that an expression is, None where it is none or another's."""
        _ = self.apps
        return self._apps.of(self.names.resolve(scope, expr))

    # --- options and settings

    def option(self, task: Task, name: str) -> Value:
        """The effective value of a task option."""
        _ = self.apps
        # the task is kept with the answer, so that no other one gets its identity
        return self._options.get((id(task), name), lambda: (task, self._option(task, name)))[1]

    def _option(self, task: Task, name: str) -> Value:
        self.names.reads.read(task.module)
        annotated = self._annotation(task, name)
        if annotated is not None and annotated.state == "set":
            return annotated
        found = task.options.get(name)
        setting = OPTION_TO_SETTING.get(name)
        # None hands over to the setting; where there is no setting it means what it says
        if found is not None and (found.value is not None or setting is None):
            return found
        if found is None and not task.complete:
            return CANNOT_TELL
        inherited = self._class_option(task, name)
        if inherited is not None and (inherited.value is not None or setting is None):
            return inherited
        if annotated is not None:
            return annotated
        return self.setting(task, setting) if setting is not None else UNSET

    def _class_option(self, task: Task, name: str) -> Value | None:
        """The option as an attribute of the task's class."""
        cls, known = self._tasks.base_class(task)
        if cls is None:
            return None if known else CANNOT_TELL
        return self._class_options.get((cls.module.path, cls.index, name), self._option_of_class, cls, name)

    def _option_of_class(self, cls: Scope, name: str) -> Value | None:
        self.names.reads.read(cls.module)
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

    def given(self, task: Task, name: str) -> tuple[Scope, Expr] | None:
        """The expression that sets an option where the task is declared or in its class, with the scope it stands in;
        None where neither does. A wrapper's expressions are not looked for."""
        outer = task.function.enclosing
        if task.decorator is not None and outer is not None:
            call = outer.call(task.decorator.expr)
            expr = call.keyword(name) if call is not None else None
            if expr is not None:
                return outer, expr
        elif task.cls is None:
            for scope in task.module.scopes:
                for call in scope.calls:
                    if call.span == task.span and (expr := call.keyword(name)) is not None:
                        return scope, expr
        cls, _ = self._tasks.base_class(task)
        if cls is None:
            return None
        above = (a.scope for a in self.names.ancestors(cls) if a is not None)
        for scope in (cls, *(a for a in above if a is not None)):
            for assign in reversed(scope.assigned(name)):
                return scope, assign.value
        return None

    def _annotation(self, task: Task, name: str) -> Value | None:
        """The option by `task_annotations`, which overrides the task's own."""
        found = self.setting(task, "task_annotations")
        if found.state == "unset":
            return None
        if found.state == "unknown":
            # of settings that cannot be read only those say something that the project spells out somewhere
            written = [self._annotated(task, name, Value("set", v)) for v in self._annotations_written]
            return CANNOT_TELL if any(value is not None for value in written) else None
        return self._annotated(task, name, found)

    @cached_property
    def _annotations_written(self) -> tuple[object, ...]:
        """What is assigned to the setting `task_annotations` anywhere, whoever reads it."""
        names = ("task_annotations", "celery_task_annotations", "celery_annotations")
        return tuple(
            self.value(scope, assign.value)
            for module in self.modules
            for scope in module.scopes
            for assign in scope.assigns
            if (dotted(assign.target) or "").rpartition(".")[2].lower() in names
        )

    @staticmethod
    def _annotated(task: Task, name: str, found: Value) -> Value | None:
        """What annotations say about an option of a task."""
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
        known = self._near.get(root)
        if known is None:
            near = tuple(a for a in self._own_apps if self.index.import_root(a.module.path) == root)
            known = self._near[root] = near or self._own_apps
        return known

    @cached_property
    def _own_apps(self) -> tuple[App, ...]:
        """The applications that answer for shared tasks: not those that are declared to be extra ones."""
        return tuple(app for app in self.apps if not is_extra(self, app)) or self.apps

    def setting(self, of: Task | App | None, name: str) -> Value:
        """The effective value of a setting by its modern name, for an application, a task's or (None) all of them."""
        apps = (of,) if isinstance(of, App) else self.apps if of is None else self.apps_of(of)
        return self._effective.get((*map(id, apps), name), lambda: (apps, self._setting(apps, name)))[1]

    def _of_settings(self, answer: Callable[[], T]) -> T:
        """What the settings tell. All of them are read together, for whatever is asked first."""
        reads = self.names.reads
        outer, reads.now = reads.now, 0
        try:
            return answer()
        finally:
            self._settings_read |= reads.now
            reads.now = outer | self._settings_read

    @property
    def settings_files(self) -> set[str]:
        """The files whose facts were read for settings so far."""
        return self.names.reads.paths(self._settings_read)

    def _setting(self, apps: tuple[App, ...], name: str) -> Value:
        if not apps:
            return CANNOT_TELL
        values = self._of_settings(lambda: [self._settings.get(app, name) for app in apps])
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

    @cached_property
    def written_settings(self) -> tuple[Written, ...]:
        """The keys that configure the project's applications, as they are written, known or not."""
        return self._of_settings(lambda: tuple(self._settings.written(self.apps)))

    @cached_property
    def reads_django_settings(self) -> bool | None:
        """Whether any application reads Django's settings, None where that cannot be told."""
        return self._of_settings(lambda: self._settings.reads_django(self.apps)) if self.apps else None

    def is_configured(self, app: App) -> bool:
        """Whether the application reads an object or module, besides what is written to it."""
        return self._of_settings(lambda: self._settings.is_configured(app))

    def pools(self, of: Task | App | None) -> set[str] | None:
        """The pools of the workers that run it; None where that is not known."""
        if isinstance(of, App):
            apps: tuple[App, ...] = (of,)
        else:
            apps = self.apps if of is None else self.apps_of(of)
        key = tuple(map(id, apps))
        if key not in self._pools:
            self._pools[key] = (apps, self._pools_of(apps))
        return self._pools[key][1]

    def _pools_of(self, apps: tuple[App, ...]) -> set[str] | None:
        commands = self._workers(apps)
        setting = CANNOT_TELL
        if apps:
            values = self._of_settings(lambda: [self._settings.get(app, "worker_pool") for app in apps])
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

    def pool_choices(self, task: Task) -> list[str]:
        """Where the pools of the workers that run the task are chosen, as "path:line": by their commands, or else by
        settings."""
        apps = self.apps_of(task)
        commands = self._workers(apps)
        found = [f"{c.path}:{c.span.line}" for c in commands if c.option("--pool") is not None]
        if not commands or len(found) < len(commands):
            values = self._of_settings(lambda: [self._settings.get(app, "worker_pool") for app in apps])
            found += [value.origin for value in values if value.is_set]
        return sorted(set(found))

    # --- the schedule

    @cached_property
    def schedule(self) -> tuple[ScheduleEntry, ...]:
        """What beat sends, as far as it is literal."""
        from .schedule import schedule

        return tuple(schedule(self))

    @cached_property
    def periodic(self) -> frozenset[str]:
        """The names of the tasks that beat sends, and of those that they send in turn."""
        pending = [entry.task for entry in self.schedule if entry.task is not None]
        found: set[str] = set()
        while pending:
            name = pending.pop()
            task = self.task_named(name) if name not in found else None
            found.add(name)
            if task is not None:
                pending.extend(self.of_task(_names_sent, task))
        return frozenset(found)

    # --- what runs in a task

    def reach(self, task: Task, depth: int = 3) -> Iterator[Reach]:
        """The task's body, what is nested in it, and the project's functions it calls, `depth` calls deep."""
        key = (task.function.module.path, task.function.index, depth)
        return iter(self._by_tasks.reach.get(key, self._reach, task, depth))

    def in_reach(
        self, ask: Callable[[Project, Scope], T | None], task: Task, depth: int = 3
    ) -> Iterator[tuple[Reach, T]]:
        """What the task reaches, each with what a function tells of the scope as in `of_scope`, but those for which
        that is false."""
        reads, known = self.names.reads, self._by_tasks.scopes[ask].known
        for reached in self.reach(task, depth):
            scope = reached.scope
            answer = known.get((scope.module.path, scope.index))
            if answer is None:
                found = self.of_scope(ask, scope)
            else:
                reads.now |= answer[1]
                found = answer[0]  # type: ignore[assignment]
            if found:
                yield reached, found

    @cached_property
    def _by_tasks(self) -> _ByTasks:
        """Taken over from before an edit where all other files have the very same tasks."""
        before, self._by_tasks_before = self._by_tasks_before, None
        if before is None or before[0] != self._tasks_elsewhere(self._edited):
            return _ByTasks(self.names.reads)
        known = before[1]
        known.forget(self.names.reads.bit(self._edited) | CUT)
        if not self._settings_hold:
            known.with_settings()
        return known

    def _tasks_elsewhere(self, path: str) -> dict[tuple[str, int], int]:
        """The identity of each task whose function is not in the file at `path`."""
        return {key: id(task) for key, task in self._by_function.items() if key[0] != path}

    def _reach(self, task: Task, depth: int) -> tuple[Reach, ...]:
        self.names.reads.read(task.function.module)
        found: list[Reach] = []
        seen: set[tuple[str, int]] = set()
        queue = deque([Reach(task.function, (self._qualified(task.function),), ())])
        while queue:
            here = queue.popleft()
            key = (here.scope.module.path, here.scope.index)
            if key in seen:
                continue
            seen.add(key)
            found.append(here)
            for child in here.scope.children:
                if child.kind in ("function", "lambda") and self.task_of(child) is None:
                    queue.append(Reach(child, here.trace, here.calls))
            if len(here.calls) < depth:
                for call, function, name in self._by_tasks.leads.get(key, self._leads, here.scope):
                    if (function.module.path, function.index) not in seen:
                        queue.append(Reach(function, (*here.trace, name), (*here.calls, (here.scope, call))))
        return tuple(found)

    def _leads(self, scope: Scope) -> _Leads:
        """The calls in a scope that run functions of the project, no tasks."""
        self.names.reads.read(scope.module)
        called = []
        for call in scope.calls:
            function = self.function(scope, call.func)
            if function is None or function.kind != "function" or self.task_of(function) is not None:
                continue
            if not is_test_path(function.module.path):
                called.append((call, function, self._qualified(function)))
        return tuple(called)

    def of_scope(self, ask: Callable[[Project, Scope], T], scope: Scope) -> T:
        """What a function tells of a scope by what its code says. It may ask what names stand for, what are tasks, and
        what is sent, as in `of_task`."""
        kept = self._by_tasks.scopes[ask]
        return kept.get((scope.module.path, scope.index), self._of_scope, ask, scope)  # type: ignore[return-value]

    def _of_scope(self, ask: Callable[[Project, Scope], T], scope: Scope) -> T:
        self.names.reads.read(scope.module)
        return ask(self, scope)

    def of_task(self, ask: Callable[[Project, Task], T], task: Task) -> T:
        """What a function tells of a task by what its code and what it leads to say. It may ask what names stand for,
        what are tasks, and what they reach and send; but for no option, setting or other fact of the whole project: the
        answer outlives edits of files that it did not lead to."""
        # the task is kept with the answer, so that no other one gets its identity
        return self._by_tasks.tasks.get((ask, id(task)), self._of_task, ask, task)[1]  # type: ignore[return-value]

    def of_tasks(self, ask: Callable[[Project, Task], T | None]) -> Iterator[tuple[Task, T]]:
        """The tasks of the project, each with what a function tells of it, but those for which that is false. It may
        ask what it may in `of_task`, and for options and settings; but not for callers, the schedule or other answers
        about the whole project, nor whether workers may run the task: the answers outlive edits."""
        reads, kept = self.names.reads, self._by_tasks.modules[ask]
        for module in self.modules:
            answer = kept.known.get(module.path)
            if answer is None:
                found = kept.get(module.path, self._of_tasks, ask, module)
            else:
                found = answer[0]
                reads.now |= answer[1]
            if found:
                yield from found  # type: ignore[misc]

    def _of_tasks(self, ask: Callable[[Project, Task], object], module: Module) -> tuple[tuple[Task, object], ...]:
        self.names.reads.read(module)
        kept = self._by_tasks.optional
        answers = [kept.get((ask, id(task)), self._of_task, ask, task) for task in self.tasks_of(module)]
        return tuple((task, answer) for task, answer in answers if answer)

    def _of_task(self, ask: Callable[[Project, Task], object], task: Task) -> tuple[Task, object]:
        self.names.reads.read(task.module)
        return task, ask(self, task)

    def words_called(self, module: Module) -> Iterable[str]:
        """The last words of what the calls in a module call, as written."""
        return self.index.derived(words, module)[0]

    def called(self, module: Module, names: Iterable[str]) -> Iterator[tuple[Scope, Call]]:
        """The calls in a module of something of these names, as written, whatever it may be, in their order."""
        table = self.index.derived(words, module)[0]
        return calls_at(module, sorted(place for name in names for place in table.get(name, ())))

    def sends(self, scope: Scope, call: Call) -> Sent | None:
        """What a call sends to the broker at once, where that is certain."""
        return self._sends.of(scope, call)

    def result(self, scope: Scope, expr: Expr | None) -> Result | None:
        """What an expression is as the result of something that was sent, None where that cannot be told."""
        return self._sends.result(scope, expr)

    def callers(self, function: Scope) -> tuple[tuple[Scope, Call], ...]:
        """The calls that run a function or method of the project, each with the scope it stands in."""
        return self.calls.callers(function)

    def in_transaction(self, scope: Scope, call: Call) -> Transaction | None:
        """The database transaction that a call runs in: lexically, by a decorator, or opened by a caller."""
        return self.transactions.around(scope, call)

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
            if _may_retry(name):
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
                    and any(
                        v in (Name(first), Attr(Name(first), "retry"))
                        for v in [*call.args, *(v for _, v in call.keywords)]
                    )
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
                    if _may_retry(name):
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

    @property
    def deployment(self) -> Deployment:
        """What the deployment and script files of the project say."""
        return self.index.deployment

    def celery_version(self) -> CeleryVersion | None:
        """The version of Celery that the project pins, or else the lowest that it allows; None where unknown."""
        return self._celery_version

    @cached_property
    def _celery_version(self) -> CeleryVersion | None:
        return celery_version(self.root, [*self.index.tree.deployment, *self.index.tree.python])


def _names_sent(project: Project, task: Task) -> list[str]:
    """The names of the tasks that a task sends."""
    return [name for _, names in project.in_reach(_names_sent_in, task) for name in names]


def _names_sent_in(project: Project, scope: Scope) -> list[str]:
    sent = (project.dispatch(scope, call) for call in scope.calls)
    return [dispatch.name for dispatch in sent if dispatch is not None and dispatch.name is not None]


def _may_retry(decorator: str) -> bool:
    """Whether a decorator of this name calls what it decorates again."""
    if decorator.rpartition(".")[2] in ("on_exception", "on_predicate"):
        return True
    words = decorator.lower().replace("_", ".").split(".")
    return any(word in _RETRY_DECORATORS or word.startswith(("retry", "retrie")) for word in words)


__all__ = ["Dispatch", "Project", "Reach"]

"""What a worker imports, and so which tasks it knows.

The answer errs on the side of more: a module counts as loaded when a worker may import it. Where that depends on
something the project's files do not say, the answer is None.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from .frozen import dataclass
from .imports import DynamicImportError, ImportGraph
from .model import UNKNOWN, App, Attr, Call, CallRef, Comp, Const, Expr, Name, Scope, ScopeRef
from .per_project import per_project
from .questions import URLCONF
from .roles import is_test_path
from .source import SourceError

if TYPE_CHECKING:
    from .project import Project

INSTALLED = "installed"
ENTRIES = "entries"

_SETTINGS_NAME = re.compile(r"settings|conf|local|production|base\.py")
_INSTALLED = re.compile(rb"INSTALLED_APPS")
"""What an entry of a schedule names: a task, and no application."""
_ENTRY = re.compile(r"celery|worker|^(main|app|application|run|runner|wsgi|asgi|manage|server|start|entrypoint)$")
_DJANGO_IMPORTS = ("apps", "models", "admin", "checks", "signals", "receivers", "handlers", "translation")
"""Modules of an installed Django application that Django or its applications import at start."""


@dataclass(frozen=True)
class Autodiscovery:
    """A call of `autodiscover_tasks`.

    `packages` are the names it is given, "installed" for all of Django's applications, "entries" for the entries of
    `INSTALLED_APPS` as they stand, None where they cannot be told. `literal` tells a list that stands in the call.
    `related` is the module looked for in each: a name, None for the packages themselves, or UNKNOWN.
    """

    scope: Scope
    call: Call
    packages: tuple[str, ...] | str | None
    literal: bool
    related: object


@per_project
def _workers(_: Project) -> dict[int, _Worker]:
    return {}


def graph(project: Project) -> ImportGraph:
    """The imports between the project's files."""
    return project.index.imports


def loaded(project: Project, app: App) -> frozenset[str] | None:
    """The files that the workers of the application may import; None where that cannot be told."""
    return _worker(project, app).loaded


def imported_first(project: Project, app: App) -> frozenset[str] | None:
    """The files that the processes of the application may import before they look for tasks: its own module, those that
    commands may name, and what these import as they are imported. None where that cannot be told."""
    return _worker(project, app).first


def may_load(project: Project, path: str) -> bool:
    """Whether some worker of the project may import the file; also True where that cannot be told."""
    worker = _worker(project, None)
    # most files with tasks are found where Celery looks for them: only for others it pays to follow imports
    if path in worker.likely:
        return True
    return worker.loaded is None or path in worker.loaded


def _worker(project: Project, app: App | None) -> _Worker:
    known = _workers(project)
    found = known.get(id(app))
    if found is None:
        found = known[id(app)] = _Worker(project, project.apps if app is None else (app,))
    return found


def targets(project: Project, name: str) -> frozenset[str]:
    """The files that a value of `celery -A` can mean: a module, a package with a module `celery`, or a name in one."""
    name = name.partition(":")[0]
    imports = graph(project)
    found = imports.paths(f"{name}.celery") | imports.paths(name)
    return found or imports.paths(name.rpartition(".")[0])


# --- autodiscover_tasks


def autodiscoveries(project: Project) -> Iterator[Autodiscovery]:
    """All calls of `autodiscover_tasks` in the project."""
    for scope, call in project.calls.named("autodiscover_tasks"):
        if isinstance(call.func, Attr) and project.speaks(scope.module):
            yield autodiscovery(project, scope, call)


def autodiscovery(project: Project, scope: Scope, call: Call) -> Autodiscovery:
    expr = call.argument(0, "packages")
    given = call.argument(1, "related_name")
    related = project.value(scope, given) if given is not None else "tasks"
    if call.has_spread:
        return Autodiscovery(scope, call, None, False, UNKNOWN)
    return Autodiscovery(scope, call, _packages(project, scope, expr), not isinstance(expr, Name | Attr), related)


def _packages(project: Project, scope: Scope, expr: Expr | None) -> tuple[str, ...] | str | None:
    if expr is None or expr == Const(None):
        return INSTALLED
    value = project.value(scope, expr)
    if isinstance(value, list | tuple | set):
        names = [v for v in value if isinstance(v, str)]
        if len(names) < len(value):
            return None
        return tuple(names) or INSTALLED
    function = (
        scope.module.scopes[expr.index]
        if isinstance(expr, ScopeRef)
        else project.function(scope, expr)
        if isinstance(expr, Name | Attr)
        else None
    )
    if function is not None and function.kind in ("function", "lambda"):
        values = [r.value for r in function.returns]
        return _packages_of(project, function, values[0]) if len(values) == 1 else None
    return _packages_of(project, scope, expr)


def _packages_of(project: Project, scope: Scope, expr: Expr | None) -> tuple[str, ...] | str | None:
    if isinstance(expr, Comp):
        source = scope.call(expr.sources[0]) if len(expr.sources) == 1 else None
        if source is not None and project.name(scope, source.func) == "django.apps.apps.get_app_configs":
            return INSTALLED if isinstance(expr.element, Attr) and expr.element.attr == "name" else None
        return None
    if isinstance(expr, CallRef):
        return None
    if expr is not None and project.name(scope, expr) == "django.conf.settings.INSTALLED_APPS":
        return ENTRIES
    return _packages(project, scope, expr) if expr is not None and not isinstance(expr, Name | Attr) else None


# --- the worker


class _CannotTellError(Exception):
    """The files of the project do not say what a worker imports."""


class _Worker:
    """What workers of some of the project's applications import."""

    def __init__(self, project: Project, apps: tuple[App, ...]) -> None:
        self._project = project
        self._graph = graph(project)
        self._apps = apps
        self._named: dict[str, list[str]] | None = None
        """What the files that have to do with `INSTALLED_APPS` name."""

    @cached_property
    def likely(self) -> frozenset[str]:
        """Some of the files that are imported, told without reading much."""
        self._named = self._settings(_SETTINGS_NAME)
        try:
            return frozenset(self._start())
        except _CannotTellError:
            return frozenset()
        finally:
            self._named = None

    @cached_property
    def loaded(self) -> frozenset[str] | None:
        """All files that may be imported, None where that cannot be told."""
        try:
            found = self._graph.reached(self._start())
        except (_CannotTellError, DynamicImportError):
            return None
        return frozenset(found)

    @cached_property
    def first(self) -> frozenset[str] | None:
        """The files that are imported before Celery looks for tasks, None where that cannot be told."""
        try:
            self._start()
            pending = {app.module.path for app in self._apps} | self._programmatic() | self._entries()
            pending |= self._commanded()
        except _CannotTellError:
            return None
        found: set[str] = set()
        while pending:
            path = pending.pop()
            if path in found:
                continue
            found.add(path)
            imports = self._graph.of(path)
            if imports.dynamic:
                return None
            pending |= imports.at_import | self._packages_above(path)
        return frozenset(found)

    def _packages_above(self, path: str) -> set[str]:
        folders = path.split("/")[:-1]
        above = {"/".join([*folders[:length], "__init__.py"]) for length in range(1, len(folders) + 1)}
        return {place for place in above if place in self._project.index.tree.python}

    def _start(self) -> set[str]:
        """The files that a worker imports by itself."""
        if not self._apps:
            raise _CannotTellError
        start = {app.module.path for app in self._apps}
        listed = self._listed()
        commanded = self._commanded()
        discovered = self._discovered()
        if not listed and not discovered and not commanded:
            # the module of any task may be the one that `celery -A` names
            raise _CannotTellError
        if not commanded:
            commanded = self._entries()
        return start | listed | discovered | commanded | self._programmatic()

    def _listed(self) -> set[str]:
        """What the settings `include` and `imports` name."""
        found: set[str] = set()
        for app in self._apps:
            for setting in ("include", "imports"):
                value = self._project.setting(app, setting)
                if value.state == "unset":
                    continue
                names = [value.value] if isinstance(value.value, str) else value.value
                if not isinstance(names, list | tuple | set) or not all(isinstance(n, str) for n in names):
                    raise _CannotTellError
                for name in names:
                    found |= self._graph.paths(str(name))
        return found

    def _discovered(self) -> set[str]:
        """What calls of `autodiscover_tasks` find."""
        own = [d for d in autodiscoveries(self._project) if not self._is_others(d)]
        if any(d.packages is None or not isinstance(d.related, str | None) for d in own):
            raise _CannotTellError
        found: set[str] = set()
        for discovery in own:
            related = discovery.related if isinstance(discovery.related, str) else None
            if isinstance(discovery.packages, tuple):
                packages = set(discovery.packages)
            elif discovery.packages == ENTRIES:
                packages = self._installed()
            else:
                packages = {package for entry in self._installed() for package in _prefixes(entry)}
            for package in packages:
                found |= self._related(package, related)
        if any(not isinstance(d.packages, tuple) for d in own):
            found |= self._django()
        return found

    def _is_others(self, discovery: Autodiscovery) -> bool:
        """Whether the call is certainly made on another application of the project."""
        func = discovery.call.func
        target = self._project.target(discovery.scope, func.base) if isinstance(func, Attr) else None
        if target is None or target.made is None:
            return False
        made = target.made[1]
        return any(a.call is made for a in self._project.apps) and not any(a.call is made for a in self._apps)

    def _related(self, package: str, related: str | None) -> set[str]:
        """What Celery imports for a package name: where there is no such module, it looks in the one above."""
        own = self._graph.paths(package)
        if not related:
            return set(own)
        if own or self._project.has_module(package):
            return set(own | self._graph.paths(f"{package}.{related}"))
        return set(self._graph.paths(f"{package.rpartition('.')[0]}.{related}"))

    def _commanded(self) -> set[str]:
        """What the worker commands of deployment files name."""
        found: set[str] = set()
        for command in self._project.deployment.commands:
            if command.program != "worker":
                continue
            target = command.app or dict(command.environment).get("CELERY_APP") or ""
            if re.search(r"[${<%]", target):
                raise _CannotTellError
            named = targets(self._project, target)
            if any(a.module.path in named for a in self._project.apps) and not any(
                a.module.path in named for a in self._apps
            ):
                continue  # a worker of another application
            if command.option("--config") is not None:
                raise _CannotTellError
            found |= named
            for included in (command.option("--include") or "").split(","):
                found |= self._graph.paths(included.strip())
        return found

    def _entries(self) -> set[str]:
        """Without a command: the modules that could be given to `celery -A`, by their names."""
        own = {app.module.path for app in self._apps}
        found: set[str] = set()
        for path in self._project.index.tree.python:
            stem = posixpath.basename(path).removesuffix(".py")
            likely = stem == "__init__" or _ENTRY.search(stem) is not None
            if likely and not is_test_path(path) and own & self._graph.of(path).ever:
                found.add(path)
        return found

    def _programmatic(self) -> set[str]:
        """Modules that start workers themselves."""
        return {
            scope.module.path
            for word in ("worker_main", "Worker", "WorkController")
            for scope, _ in self._project.calls.named(word)
            if self._project.speaks(scope.module)
        }

    # --- Django

    def _settings(self, named: re.Pattern[str] | None = None) -> dict[str, list[str]]:
        """What the files (of that name) name that have to do with `INSTALLED_APPS`."""
        found: dict[str, list[str]] = {}
        index = self._project.index
        for path in index.tree.python if named is None else index.named(named):
            if is_test_path(path):
                continue
            try:
                data = index.kept(path) if named is not None else index.data(path)
            except SourceError:
                continue
            if index.questions.contains(path, _INSTALLED, data):
                found[path] = index.questions.named(path, data)
        return found

    def _installed(self) -> set[str]:
        """What may be an entry of Django's INSTALLED_APPS, of what are the project's own packages."""
        if self._named is None:
            self._named = self._settings()
        if not self._named:
            if any("django" in i.target for app in self._apps for i in app.module.body.imports):
                raise _CannotTellError
            if any(c.args[:1] == (Const("DJANGO_SETTINGS_MODULE"),) for a in self._apps for c in a.module.body.calls):
                raise _CannotTellError
            return set()
        for path in list(self._named):
            self._refuse_computed(path)
        beside = {i for path in self._named for i in self._graph.of(path).at_import if i not in self._named}
        questions = self._project.index.questions
        entries = {name for names in (*self._named.values(), *map(questions.named, beside)) for name in names}
        own = {path.partition("/")[0].removesuffix(".py") for path in self._project.index.tree.python}
        own |= {part for path in self._project.index.tree.python for part in path.split("/")[:-1]}
        return {entry for entry in entries if entry.partition(".")[0] in own}

    def _refuse_computed(self, path: str) -> None:
        module = self._project.module(path)
        if module is None:
            raise _CannotTellError
        for scope in module.scopes:
            for assign in scope.assigns:
                if assign.target == Name("INSTALLED_APPS") and _is_computed(scope, assign.value):
                    raise _CannotTellError
            for call in scope.calls:
                grows = isinstance(call.func, Attr) and call.func.base == Name("INSTALLED_APPS")
                if grows and any(_is_computed(scope, argument) for argument in call.args):
                    raise _CannotTellError

    def _django(self) -> set[str]:
        """What Django's own start imports: settings, applications, their models, and through its checks all URLs."""
        installed = self._installed()
        settings = self._named or {}
        found = set(settings)
        for package in {package for entry in installed for package in _prefixes(entry)}:
            found |= self._graph.paths(package)
            for name in _DJANGO_IMPORTS:
                found |= self._graph.paths(f"{package}.{name}")
        if not any(URLCONF in names for names in settings.values()):
            found.update(path for path in self._graph.named("urls") if not is_test_path(path))
        return found


def _prefixes(entry: str) -> list[str]:
    """The packages that an entry of INSTALLED_APPS can mean: itself, or that of its AppConfig."""
    parts = entry.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), max(0, len(parts) - 3), -1)]


def _is_computed(scope: Scope, expr: Expr) -> bool:
    """Whether a value holds more than literals and variables."""
    match expr:
        case CallRef():
            call = scope.calls[expr.index]
            return call.attr not in ("list", "tuple", "set", "sorted") or any(_is_computed(scope, a) for a in call.args)
        case Comp():
            return not all(isinstance(s, Name) for s in expr.sources)
    operands = getattr(expr, "operands", None) or getattr(expr, "items", None)
    if isinstance(operands, tuple):
        return any(_is_computed(scope, o) for o in operands if not isinstance(o, tuple))
    return False


__all__ = [
    "ENTRIES",
    "INSTALLED",
    "Autodiscovery",
    "autodiscoveries",
    "autodiscovery",
    "graph",
    "imported_first",
    "loaded",
    "may_load",
    "targets",
]

"""Which Celery applications a project makes, and which of them an expression stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import calls
from .model import App, Attr, Call, CallRef, Expr, Module, Name, Scope, Sub
from .names import Names, Target
from .outlines import Positions
from .reading import Derived

CELERY_CLASSES = frozenset(
    {"celery.Celery", "celery.app.Celery", "celery.app.base.Celery", "tenant_schemas_celery.app.CeleryApp"}
)
CURRENT_APP = frozenset(
    {"celery.current_app", "celery._state.current_app", "celery.app.current_app", "celery.app.default_app"}
)
PROXIES = frozenset(
    {
        "celery.local.Proxy",
        "django.utils.functional.SimpleLazyObject",
        "lazy_object_proxy.Proxy",
        "lazy_object_proxy.slots.Proxy",
        "werkzeug.local.LocalProxy",
    }
)
"""Classes whose instances are, for all that is done with them, what the function that they are given returns."""


def words(module: Module) -> tuple[dict[str, Positions], list[tuple[str, str]], list[tuple[str, list[str]]]]:
    """What a module calls with a subscript (`Celery[T]()`) by their last words; what it imports under another name, and
    its classes with the last words of their bases."""
    called: dict[str, Positions] = {}
    for scope in module.scopes:
        for index, call in enumerate(scope.calls):
            if isinstance(call.func, Sub):
                called.setdefault(_last(call.func), []).append((scope.index, index))
    lasts = ((i.target.rpartition(".")[2], i.name) for i in module.body.imports)
    imported = [(last, name) for last, name in lasts if last != name]
    return called, imported, [(cls.name, list(map(_last, cls.bases))) for cls in module.classes if cls.bases]


class Apps:
    def __init__(self, names: Names, derived: Derived) -> None:
        self._names = names
        self._derived = derived
        self._known: dict[tuple[str, int, Call], App] = {}
        self._before: dict[tuple[str, int, Call], App] = {}

    def follow(self, other: Apps) -> None:
        """Applications that are still the same stay the same objects."""
        self._before = other._known

    def is_class(self, target: Target | None) -> bool:
        """Whether a target is `celery.Celery` or a class of the project that derives from it."""
        if target is None or target.instance:
            return False
        if target.name in CELERY_CLASSES:
            return True
        return target.scope is not None and target.scope.kind == "class" and self._derives(target.scope)

    def _derives(self, cls: Scope) -> bool:
        return any(a is not None and a.name in CELERY_CLASSES for a in self._names.ancestors(cls))

    def is_instance(self, target: Target | None) -> bool:
        """Whether a target is a Celery application, known or not."""
        target = self._behind(target)
        if target is None:
            return False
        if target.name in CURRENT_APP or target.name.removesuffix("()") in CURRENT_APP:
            return True
        if target.name.endswith("()") and target.name[:-2] in CELERY_CLASSES:
            return True
        return (
            target.instance
            and target.scope is not None
            and target.scope.kind == "class"
            and self._derives(target.scope)
        )

    def find(self, modules: Iterable[Module]) -> Iterator[App]:
        """The applications made in these modules, in order."""
        modules = list(modules)
        likely = self._class_names(modules)
        for module in modules:
            found = []
            called, subscripted = self._derived(calls.words, module)[0], self._derived(words, module)[0]
            for word in likely:
                for position, index in (*called.get(word, ()), *subscripted.get(word, ())):
                    scope = module.scopes[position]
                    call = scope.calls[index]
                    if self.is_class(self._names.resolve(scope, call.func)):
                        found.append(self._app(module, scope, index, call))
            yield from sorted(found, key=lambda app: (app.call.span.line, app.call.span.column))

    def _class_names(self, modules: list[Module]) -> set[str]:
        """The local names that an application's class can have: resolving every call would read the whole project."""
        likely = {name.rpartition(".")[2] for name in CELERY_CLASSES}
        while True:
            size = len(likely)
            for module in modules:
                _, imported, classes = self._derived(words, module)
                likely.update(name for last, name in imported if last in likely)
                likely.update(name for name, bases in classes if not likely.isdisjoint(bases))
            if len(likely) == size:
                return likely

    def _app(self, module: Module, scope: Scope, index: int, call: Call) -> App:
        known = self._known.get((module.path, scope.index, call))
        if known is not None:
            return known
        name = ""
        factory = scope if scope.kind in ("function", "lambda") else None
        if factory is None:
            for assign in scope.assigns:
                if assign.value == CallRef(index):
                    target = self._names.resolve(scope, assign.target)
                    name = target.variable if target is not None else ""
                    break
        app = App(name, scope, call, factory)
        before = self._before.get((module.path, scope.index, call))
        if before is not None and before.scope is scope and before.call is call and before.name == name:
            app = before
        self._known[(module.path, scope.index, call)] = app
        return app

    def _behind(self, target: Target | None) -> Target | None:
        """What a proxy stands for; anything else as it is."""
        if target is None:
            return None
        found = self._forwarded(target)
        if found is None and is_proxy(target) and target.made is not None:
            scope, call = target.made
            function = self._names.resolve(scope, call.args[0]) if len(call.args) == 1 else None
            if function is not None and function.scope is not None and function.scope.kind in ("function", "lambda"):
                found = self._names.returned(function.scope)
        return found or target

    def _forwarded(self, target: Target) -> Target | None:
        """What an object of the project's own class gets its missing attributes from: `return getattr(self._app, name)`
        in `__getattr__`."""
        if not target.instance or target.scope is None or target.scope.kind != "class":
            return None
        method = next((c for c in target.scope.children if c.name == "__getattr__" and len(c.params) == 2), None)
        for returned in method.returns if method is not None else ():
            call = method.call(returned.value) if method is not None else None
            if method is not None and call is not None and call.func == Name("getattr") and len(call.args) == 2:
                if call.args[1] == Name(method.params[1].name):
                    return self._names.resolve(method, call.args[0])
        return None

    def of(self, target: Target | None) -> App | None:
        """The application of the project that a target is, None where it is none or another's."""
        target = self._behind(target)
        if target is None or target.made is None:
            return None
        scope, call = target.made
        return self._known.get((scope.module.path, scope.index, call))


def is_proxy(target: Target) -> bool:
    """Whether a target is an instance of a class whose instances stand for something else."""
    return target.name.endswith("()") and target.name[:-2] in PROXIES


def _last(expr: Expr) -> str:
    """The last part of a dotted name, a subscript left out (`Celery[T]`)."""
    if isinstance(expr, Sub):
        expr = expr.base
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""

"""Which Celery applications a project makes, and which of them an expression stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .model import App, Attr, Call, CallRef, Expr, Module, Name, Scope, Sub
from .names import Names, Target

CELERY_CLASSES = frozenset({"celery.Celery", "celery.app.Celery", "celery.app.base.Celery"})
CURRENT_APP = frozenset(
    {"celery.current_app", "celery._state.current_app", "celery.app.current_app", "celery.app.default_app"}
)


class Apps:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[tuple[str, int, Call], App] = {}

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
            for scope in module.scopes:
                for index, call in enumerate(scope.calls):
                    if _last(call.func) in likely and self.is_class(self._names.resolve(scope, call.func)):
                        found.append(self._app(module, scope, index, call))
            yield from sorted(found, key=lambda app: (app.call.span.line, app.call.span.column))

    def _class_names(self, modules: list[Module]) -> set[str]:
        """The local names that an application's class can have: resolving every call would read the whole project."""
        likely = {"Celery"}
        while True:
            size = len(likely)
            for module in modules:
                for imported in module.body.imports:
                    if imported.target.rpartition(".")[2] in likely:
                        likely.add(imported.name)
                for cls in module.classes:
                    if any(_last(base) in likely for base in cls.bases):
                        likely.add(cls.name)
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
        self._known[(module.path, scope.index, call)] = app
        return app

    def of(self, target: Target | None) -> App | None:
        """The application of the project that a target is, None where it is none or another's."""
        if target is None or target.made is None:
            return None
        scope, call = target.made
        return self._known.get((scope.module.path, scope.index, call))


def _last(expr: Expr) -> str:
    """The last part of a dotted name, a subscript left out (`Celery[T]`)."""
    if isinstance(expr, Sub):
        expr = expr.base
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""

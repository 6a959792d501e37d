"""The effective settings of an application, each with its origin.

In Celery's own order: what is written to `app.conf`, then the constructor's arguments, then the object or module
given to `config_from_object` (with Django, the settings with their namespace). A value that the code computes is set
but unknown; a source that cannot be read makes every setting unknown that is not set elsewhere.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from .apps import Apps
from .knowledge.settings import MODERN, OLD_TO_MODERN
from .model import (
    CANNOT_TELL,
    UNKNOWN,
    UNSET,
    App,
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    Module,
    Name,
    Scope,
    Span,
    Sub,
    Value,
    dotted,
)
from .names import Names
from .reading import Derived
from .versions import CeleryVersion

_CONSTRUCTOR = (
    "main",
    "loader",
    "backend",
    "amqp",
    "events",
    "log",
    "control",
    "set_as_current",
    "tasks",
    "broker",
    "include",
)
_CONSTRUCTOR_SETTINGS = {"broker": "broker_url", "backend": "result_backend", "include": "include"}
_NOT_SETTINGS = frozenset(_CONSTRUCTOR) - _CONSTRUCTOR_SETTINGS.keys() | {
    "changes", "config_source", "fixups", "task_cls", "autofinalize", "namespace", "strict_typing",
    "config_source_silent",
}  # fmt: skip
_CONFIGURING = frozenset(
    {"config_from_object", "config_from_envvar", "config_from_cmdline", "add_defaults", "setup_security"}
)
"""Methods of an application that change its configuration."""
_TEST_SETTINGS = ("test", "ci")
_DJANGO = ("django.conf.settings", "django.conf.LazySettings()")


_SETTING_NOTHING = ("abc.", "builtins.", "configurations.", "django.", "enum.", "environ", "pydantic", "typing")
"""Where classes come from that settings classes derive from, and that set nothing of Celery's."""


@dataclass
class Layer:
    """Settings by modern name from one kind of source. `complete` is False when the source may set others."""

    values: dict[str, Value] = field(default_factory=dict)
    complete: bool = True

    def put(self, name: str, value: Value, conditional: bool) -> None:
        known = self.values.get(name)
        if conditional and (known is None or known.value != value.value):
            value = Value("set", UNKNOWN, value.origin)
        elif conditional and known is not None:
            value = known
        self.values[name] = value


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A key that configures an application, as it is written.

    `kind` says where: "conf" (`app.conf`), "constructor", "object" (a module, class or dictionary given to
    `config_from_object`) or "django" (Django's settings). `namespace` is the prefix under which keys are read, "" for
    none, None where it cannot be told. `name` is the modern name of the setting that the key sets, None where it sets
    none. `value` is that of the code, `literal` tells whether it stands there as such, `conditional` whether it may not
    be written. `span` is that of the statement or call.
    """

    key: str
    name: str | None
    kind: str
    namespace: str | None
    app: App
    scope: Scope
    span: Span
    value: object
    literal: bool
    conditional: bool


class Settings:
    """Settings of the project's applications. `modules` gives the modules that concern Celery."""

    def __init__(
        self,
        names: Names,
        apps: Apps,
        derived: Derived,
        modules: Callable[[], list[Module]],
        find: Callable[[str, Module | None], Module | None],
        siblings: Callable[[Module], list[Module]],
        settings_modules: Callable[[], list[Module]],
        version: Callable[[], CeleryVersion | None],
    ) -> None:
        self._names = names
        self._version = version
        self._apps = apps
        self._derived = derived
        self._modules = modules
        self._find = find
        self._siblings = siblings
        self._settings_modules = settings_modules
        self._of: dict[int, list[Layer]] = {}
        self._writes: dict[int, Layer] | None = None
        self._sources: dict[int, list[tuple[Scope, Call]]] = {}
        self._others: set[str | None] = set()
        self._keys: dict[tuple[str, int, int, str, str | None], Written] = {}
        self._direct: dict[int, list[Written]] = {}
        self._reading: tuple[App, str] | None = None

    def writes(self, module: Module) -> bool:
        """Whether a module can write to the configuration of an application, by the words in it."""
        return bool(self._derived(configuring, module))

    def written(self, apps: Iterable[App]) -> list[Written]:
        """The keys that configure these applications; of an object, all the names that it has."""
        found = []
        for app in apps:
            self.layers(app)
            namespace = self.namespace(app)
            for key in self._direct.get(id(app), ()):
                name = from_namespace(key.key, namespace) if namespace is not None else modern(key.key)
                found.append(replace(key, name=name, namespace=namespace))
        return [*found, *map(self._as_others_read, self._keys.values())]

    def _as_others_read(self, key: Written) -> Written:
        """A key of Django's settings, its namespace None where something else reads them under another one."""
        if key.kind == "django" and self._others - {key.namespace}:
            return replace(key, namespace=None)
        return key

    def reads_django(self, apps: Iterable[App]) -> bool | None:
        """Whether any application, or what is none of the known ones, reads Django's settings; None where one may."""
        for app in apps:
            if not all(layer.complete for layer in self.layers(app)) or app.call.argument(1, "loader") is not None:
                return None
        return bool(self._others) or any(key.kind == "django" for key in self._keys.values())

    def is_configured(self, app: App) -> bool:
        """Whether the application reads an object, module or environment variable, besides what is written to it."""
        self._written(app)
        return bool(self._sources.get(id(app))) or app.call.keyword("config_source") is not None

    def namespace(self, app: App) -> str | None:
        """The prefix under which the application reads settings, "" for none, None where it cannot be told."""
        self._written(app)
        exprs = [(app.scope, app.call.keyword("namespace"))]
        exprs += [(scope, call.argument(3, "namespace")) for scope, call in self._sources.get(id(app), ())]
        found = {self._names.value(scope, expr) for scope, expr in exprs if expr is not None} - {None}
        if not found:
            return ""
        name = found.pop()
        return name.rstrip("_") if isinstance(name, str) and not found else None

    def get(self, app: App, name: str) -> Value:
        """The effective value of a setting by its modern name."""
        for layer in self.layers(app):
            if name in layer.values:
                value = layer.values[name]
                return Value("unset", None, value.origin) if value.value is None else value
        return UNSET if all(layer.complete for layer in self.layers(app)) else CANNOT_TELL

    def layers(self, app: App) -> list[Layer]:
        known = self._of.get(id(app))
        if known is None:
            known = self._of[id(app)] = [self._written(app), self._constructor(app), self._configured(app)]
        return known

    # --- app.conf

    def _written(self, app: App) -> Layer:
        if self._writes is None:
            self._writes = {}
            for module in self._modules():
                for index in self._derived(configuring, module):
                    self._read_writes(module.scopes[index])
        return self._writes.get(id(app), Layer())

    def _layer(self, app: App) -> Layer:
        assert self._writes is not None
        return self._writes.setdefault(id(app), Layer())

    def _app_of_conf(self, scope: Scope, expr: Expr) -> App | None:
        """The application whose `conf` an expression is."""
        if isinstance(expr, Attr) and expr.attr == "conf":
            return self._apps.of(self._names.resolve(scope, expr.base))
        if isinstance(expr, Name):
            for assign in scope.assigned(expr.id):
                if isinstance(assign.value, Attr) and assign.value.attr == "conf":
                    return self._apps.of(self._names.resolve(scope, assign.value.base))
        return None

    def _read_writes(self, scope: Scope) -> None:
        for assign in scope.assigns:
            if isinstance(assign.target, Attr):
                app = self._app_of_conf(scope, assign.target.base)
                if app is not None and assign.operator != "del":
                    maybe = conditional(scope, assign.block)
                    self._put(app, scope, assign.target.attr, assign.value, assign.span, maybe, assign.operator)
            elif isinstance(assign.target, Sub):
                app = self._app_of_conf(scope, assign.target.base)
                if app is not None:
                    key = self._names.value(scope, assign.target.index)
                    if isinstance(key, str):
                        maybe = conditional(scope, assign.block)
                        self._put(app, scope, key, assign.value, assign.span, maybe, assign.operator)
                    else:
                        self._layer(app).complete = False
        for call in scope.calls:
            if not isinstance(call.func, Attr):
                continue
            method = call.func.attr
            if method in ("update", "setdefault"):
                app = self._app_of_conf(scope, call.func.base)
                if app is not None:
                    self._update(app, scope, call)
            elif method in _CONFIGURING:
                app = self._apps.of(self._names.resolve(scope, call.func.base))
                if app is None:
                    if method == "config_from_object":
                        self._note_other(scope, call)
                    continue
                if method == "config_from_object":
                    self._sources.setdefault(id(app), []).append((scope, call))
                elif method == "add_defaults":
                    self._update(app, scope, call)
                elif method != "setup_security":
                    self._layer(app).complete = False

    def _note_other(self, scope: Scope, call: Call) -> None:
        """Keep the namespace under which Django's settings are read by what is none of the known applications: by an
        object of another package's class."""
        source, given = call.argument(0, "obj"), call.argument(3, "namespace")
        if source is None:
            return
        target, path = self._names.resolve(scope, source), self._names.value(scope, source)
        if (target is not None and target.name in _DJANGO) or (
            isinstance(path, str) and path.partition(":")[0] == "django.conf"
        ):
            namespace = self._names.value(scope, given) if given is not None else ""
            self._others.add(namespace.rstrip("_") if isinstance(namespace, str) else None)

    def _put(self, app: App, scope: Scope, key: str, expr: Expr, span: Span, maybe: bool, operator: str = "=") -> None:
        value = self._names.value(scope, expr) if operator == "=" else UNKNOWN
        self._put_value(app, scope, key, value, span, maybe, isinstance(expr, Const))

    def _put_value(
        self, app: App, scope: Scope, key: str, value: object, span: Span, maybe: bool, literal: bool = False
    ) -> None:
        self._note(app, "conf", scope, key, value, span, maybe, literal)
        name = modern(key)
        if name is not None:
            self._layer(app).put(name, Value("set", value, f"{scope.module.path}:{span.line}"), maybe)

    def _note(
        self, app: App, kind: str, scope: Scope, key: str, value: object, span: Span, maybe: bool, literal: bool
    ) -> None:
        written = Written(key, modern(key), kind, "", app, scope, span, value, literal, maybe)
        self._direct.setdefault(id(app), []).append(written)

    def _update(self, app: App, scope: Scope, call: Call) -> None:
        maybe = conditional(scope, call.block)
        if call.attr == "setdefault" and len(call.args) == 2:
            key = self._names.value(scope, call.args[0])
            if isinstance(key, str):
                self._put(app, scope, key, call.args[1], call.span, maybe)
        else:
            for argument in [*call.args, *(v for k, v in call.keywords if k is None)]:
                self._update_from(app, scope, call, argument, maybe)
        for name, expr in call.keywords:
            if name is not None:
                self._put(app, scope, name, expr, call.span, maybe)

    def _update_from(self, app: App, scope: Scope, call: Call, argument: Expr, maybe: bool) -> None:
        layer = self._layer(app)
        span = call.span
        found = self._names.resolve(scope, argument)
        if found is not None and found.value is not None:
            scope, argument = found.value
            span = next((a.span for a in scope.assigns if a.value is argument), span)
        if isinstance(argument, Dict):
            for key_expr, expr in argument.items:
                key = self._names.value(scope, key_expr) if key_expr is not None else UNKNOWN
                if isinstance(key, str):
                    self._put(app, scope, key, expr, span, maybe)
                else:
                    layer.complete = False
            return
        value = self._names.value(scope, argument)
        if not isinstance(value, dict):
            layer.complete = False
            return
        for key, item in value.items():
            if isinstance(key, str):
                self._put_value(app, scope, key, item, span, maybe)

    # --- the constructor

    def _constructor(self, app: App) -> Layer:
        layer = Layer()
        origin = f"{app.module.path}:{app.call.span.line}"
        for position, expr in enumerate(app.call.args):
            if position < len(_CONSTRUCTOR) and _CONSTRUCTOR[position] in _CONSTRUCTOR_SETTINGS:
                name = _CONSTRUCTOR_SETTINGS[_CONSTRUCTOR[position]]
                layer.values[name] = Value("set", self._names.value(app.scope, expr), origin)
        for key, expr in app.call.keywords:
            if key is None:
                spread = self._names.value(app.scope, expr)
                if not isinstance(spread, dict):
                    layer.complete = False
                    continue
                given: dict[object, object] = spread
            elif key == "changes":
                changes = self._names.value(app.scope, expr)
                if not isinstance(changes, dict):
                    layer.complete = False
                    continue
                given = changes
            else:
                given = {key: self._names.value(app.scope, expr)}
            for given_key, value in given.items():
                if isinstance(given_key, str) and given_key not in _NOT_SETTINGS:
                    name = _CONSTRUCTOR_SETTINGS.get(given_key, given_key)
                    layer.values[modern(name) or name] = Value("set", value, origin)
                    literal = isinstance(expr, Const)
                    maybe = conditional(app.scope, app.call.block)
                    self._note(app, "constructor", app.scope, name, value, app.call.span, maybe, literal)
        target = self._names.resolve(app.scope, app.call.func)
        if target is not None and target.scope is not None:
            # the project's own subclass may configure itself
            layer.complete = layer.complete and not any(
                child.name in ("__init__", "setup_defaults", "on_configure") for child in target.scope.children
            )
        return layer

    # --- config_from_object

    def _configured(self, app: App) -> Layer:
        self._written(app)
        self._reading = (app, "object")
        layer = Layer()
        sources = list(self._sources.get(id(app), ()))
        expr = app.call.keyword("config_source")
        namespace_expr = app.call.keyword("namespace")
        namespace = self._names.value(app.scope, namespace_expr) if namespace_expr is not None else None
        if expr is not None:
            self._read_source(layer, app.scope, expr, namespace, False)
        for scope, call in sources:
            argument = call.argument(0, "obj")
            given = call.argument(3, "namespace")
            used = self._names.value(scope, given) if given is not None else namespace
            if argument is None or used is UNKNOWN:
                layer.complete = False
            else:
                self._read_source(layer, scope, argument, used, conditional(scope, call.block))
        return layer

    def _read_source(self, layer: Layer, scope: Scope, expr: Expr, namespace: object, maybe: bool) -> None:
        prefix = namespace.rstrip("_") if isinstance(namespace, str) else ""
        value = self._names.value(scope, expr)
        if isinstance(value, str):
            path, _, attribute = value.partition(":")
            if path == "django.conf":
                self._read_django(layer, scope.module, prefix)
                return
            module = self._find(path, scope.module)
            if module is None:
                head, _, tail = path.rpartition(".")
                module = self._find(head, scope.module) if head else None
                attribute = attribute or tail
            if module is None:
                layer.complete = False
            elif attribute:
                target = self._names.member(module, attribute)
                if target is not None and target.module is not None:
                    self._read_module(layer, target.module, prefix, maybe)
                elif target is not None and target.scope is not None and target.scope.kind == "class":
                    self._read_class(layer, target.scope, prefix)
                else:
                    layer.complete = False
            else:
                self._read_module(layer, module, prefix, maybe)
            return
        target = self._names.resolve(scope, expr)
        if target is None:
            layer.complete = False
        elif target.name in _DJANGO:
            self._read_django(layer, scope.module, prefix)
        elif target.module is not None:
            self._read_module(layer, target.module, prefix, maybe)
        elif target.scope is not None and target.scope.kind == "class":
            self._read_class(layer, target.scope, prefix)
        elif target.value is not None and isinstance(value_expr := target.value[1], Dict):
            self._read_dict(layer, target.value[0], value_expr, prefix)
        else:
            layer.complete = False

    def _read_dict(self, layer: Layer, scope: Scope, expr: Dict, prefix: str) -> None:
        value = self._names.value(scope, expr)
        if not isinstance(value, dict):
            layer.complete = False
            return
        span = next((a.span for a in scope.assigns if a.value is expr), None)
        for key, item in value.items():
            if not isinstance(key, str):
                continue
            name = from_namespace(key, prefix)
            if span is not None:
                self._read(scope, key, name, prefix, item, span, False, False)
            self._set(layer, key, name, prefix, Value("set", item, scope.module.path), unsure=False)

    def _read_class(self, layer: Layer, cls: Scope, prefix: str) -> None:
        chain: list[Scope] = []
        for ancestor in self._names.ancestors(cls):
            if ancestor is None or (ancestor.scope is None and not ancestor.name.startswith(_SETTING_NOTHING)):
                layer.complete = False
            elif ancestor.scope is not None:
                chain.append(ancestor.scope)
        for scope in [*reversed(chain), cls]:
            self._read_body(layer, scope, prefix, False)

    def _read_module(
        self, layer: Layer, module: Module, prefix: str, maybe: bool, seen: frozenset[str] = frozenset()
    ) -> None:
        if module.path in seen:
            return
        seen = seen | {module.path}
        for imported in module.body.imports:
            if imported.name == "*":
                target = self._names.imported(module, imported.target)
                if target is not None and target.module is not None:
                    self._read_module(layer, target.module, prefix, maybe or imported.block >= 0, seen)
                elif imported.target.startswith(".") or (
                    target is not None and not target.name.startswith(("django.", "environ"))
                ):
                    layer.complete = False
            else:
                name = from_namespace(imported.name, prefix)
                if name is not None:
                    found = self._names.imported(module, imported.target)
                    value = (
                        self._names.value(*found.value) if found is not None and found.value is not None else UNKNOWN
                    )
                    origin = f"{module.path}:{imported.span.line}"
                    unsure = maybe or imported.block >= 0
                    self._set(layer, imported.name, name, prefix, Value("set", value, origin), unsure=unsure)
        self._read_body(layer, module.body, prefix, maybe)
        for call in module.body.calls:
            base = module.body.call(call.func.base) if isinstance(call.func, Attr) else None
            updates = call.attr == "update" and base is not None and base.attr in ("globals", "locals", "vars")
            if updates or dotted(call.func) in ("exec", "execfile", "include", "setattr"):
                layer.complete = False

    def _read_body(self, layer: Layer, scope: Scope, prefix: str, maybe: bool) -> None:
        for assign in scope.assigns:
            if not isinstance(assign.target, Name):
                continue
            key = assign.target.id
            name = self._name(key, prefix)
            unsure = maybe or conditional(scope, assign.block)
            value = self._assigned(scope, assign) if name is not None else UNKNOWN
            if assign.operator != "del":
                self._read(scope, key, name, prefix, value, assign.span, unsure, isinstance(assign.value, Const))
            origin = f"{scope.module.path}:{assign.span.line}"
            self._set(layer, key, name, prefix, Value("set", value, origin), unsure=unsure)
        if scope.kind == "class":
            for child in scope.children:
                name = from_namespace(child.name, prefix)
                if child.kind == "function":
                    origin = f"{scope.module.path}:{child.span.line}"
                    self._set(layer, child.name, name, prefix, Value("set", UNKNOWN, origin), unsure=False)

    def _set(self, layer: Layer, key: str, name: str | None, prefix: str, value: Value, *, unsure: bool) -> None:
        """Take over what an attribute of a configuration object sets: an old name has no effect under a namespace
        before Celery 5.7."""
        if name is None:
            return
        if prefix and key in OLD_TO_MODERN and from_namespace(key, prefix, old=False) is None:
            version = self._version()
            if version is None or (version.is_before(5, 7) and not version.pinned):
                unsure = True
            elif version.is_before(5, 7):
                return
        layer.put(name, value, unsure)

    def _name(self, key: str, prefix: str) -> str | None:
        """The setting that a name of the object being read stands for; Django reads no lower-case ones."""
        of_django = self._reading is not None and self._reading[1] == "django"
        return None if of_django and not key.isupper() else from_namespace(key, prefix)

    def _read(
        self,
        scope: Scope,
        key: str,
        name: str | None,
        prefix: str,
        value: object,
        span: Span,
        maybe: bool,
        literal: bool,
    ) -> None:
        """Keep a key of the object being read."""
        if self._reading is None:
            return
        app, kind = self._reading
        place = (scope.module.path, span.line, span.column, key, prefix)
        if place not in self._keys:
            self._keys[place] = Written(key, name, kind, prefix, app, scope, span, value, literal, maybe)

    def _assigned(self, scope: Scope, assign: Assign) -> object:
        if assign.operator != "=":
            return UNKNOWN
        return self._names.value(scope, assign.value)

    # --- Django

    def _read_django(self, layer: Layer, near: Module, prefix: str) -> None:
        """Django's settings: the module that the project names, and its siblings, which may be used in its place."""
        modules = self.django_modules(near)
        if not modules:
            layer.complete = False
            return
        reading = self._reading
        if reading is not None:
            self._reading = (reading[0], "django")
        variants = [variant for module in modules for variant in self._variants(module, prefix)]
        self._reading = reading
        layer.complete = layer.complete and all(v.complete for v in variants)
        for name in {n for v in variants for n in v.values}:
            found = [v.values.get(name) for v in variants]
            present = [f for f in found if f is not None]
            first = present[0]
            if len(present) == len(found) and all(p.value is not UNKNOWN and p.value == first.value for p in present):
                layer.put(name, first, False)
            elif len(present) == len(found) or variants[0].values.get(name) is not None:
                layer.put(name, Value("set", UNKNOWN, first.origin), False)
            else:
                layer.values[name] = Value("unknown", UNKNOWN, first.origin)

    def _variants(self, module: Module, prefix: str) -> list[Layer]:
        """The module's settings, or those of each settings class in it."""
        plain = Layer()
        self._read_module(plain, module, prefix, False)
        found = []
        for cls in module.classes:
            if cls.parent == 0:
                layer = Layer(dict(plain.values), plain.complete)
                size = len(layer.values)
                self._read_class(layer, cls, prefix)
                if len(layer.values) > size:
                    found.append(layer)
        return found or [plain]

    def django_modules(self, near: Module) -> list[Module]:
        """Django's settings modules: the one the project names first, then others beside it that are no test
        settings."""
        named = self._named_settings(near)
        if named is None:
            absent = self._absent_settings(near)
            modules = self._settings_modules() if absent is None else self._beside(near, absent)
        else:
            stem = posixpath.basename(named.path)
            folder = posixpath.basename(posixpath.dirname(named.path))
            together = stem != "settings.py" and folder in ("settings", "config", "conf", "configs", "configuration")
            modules = [named, *(self._siblings(named) if together or stem == "__init__.py" else [])]
        kept: list[Module] = []
        for module in modules:
            stem = posixpath.basename(module.path).removesuffix(".py")
            if all(module is not known for known in kept) and (
                module is named or not any(part in stem.split("_") for part in _TEST_SETTINGS)
            ):
                kept.append(module)
        return kept

    def _named_settings(self, near: Module) -> Module | None:
        for module in [near, *self._modules()]:
            for position, is_call, index in self._derived(naming_settings, module):
                scope = module.scopes[position]
                expr = scope.calls[index].args[1] if is_call else scope.assigns[index].value
                value = self._names.value(scope, expr)
                if isinstance(value, str) and (found := self._find(value, module)) is not None:
                    return found
        return None

    def _absent_settings(self, near: Module) -> str | None:
        """The settings module that `near` names although the project has none of that name: each installation has its
        own."""
        for scope in near.scopes:
            for call in scope.calls:
                if call.attr == "setdefault" and call.args[:1] == (Const("DJANGO_SETTINGS_MODULE"),):
                    value = self._names.value(scope, call.argument(1, "default"))
                    return value if isinstance(value, str) else None
        return None

    def _beside(self, near: Module, absent: str) -> list[Module]:
        """What an installation makes its settings of: `settings_example.py` beside where `settings.py` will be."""
        package, _, stem = absent.rpartition(".")
        found = self._find(package, near) if package else None
        if found is None:
            return []
        return [m for m in self._siblings(found) if posixpath.basename(m.path).startswith(f"{stem}_")]


def naming_settings(module: Module) -> list[tuple[int, bool, int]]:
    """What a module sets the name of Django's settings module with: the position of the scope, whether it is a call or
    else an assignment, and its position there."""
    variable = Const("DJANGO_SETTINGS_MODULE")
    found: list[tuple[int, bool, int]] = []
    for scope in module.scopes:
        for index, call in enumerate(scope.calls):
            if call.attr == "setdefault" and len(call.args) == 2 and call.args[0] == variable:
                found.append((scope.index, True, index))
        for index, assign in enumerate(scope.assigns):
            if isinstance(assign.target, Sub) and assign.target.index == variable:
                found.append((scope.index, False, index))
    return found


def configuring(module: Module) -> list[int]:
    """The scopes that can write to an application's configuration, by the words in them."""
    return [scope.index for scope in module.scopes if _configures(scope)]


def _configures(scope: Scope) -> bool:
    for assign in scope.assigns:
        if isinstance(assign.value, Attr) and assign.value.attr == "conf":
            return True
        if isinstance(assign.target, Attr | Sub):
            base = assign.target.base
            if isinstance(base, Attr) and base.attr == "conf":
                return True
    for call in scope.calls:
        if isinstance(call.func, Attr):
            if call.func.attr in _CONFIGURING:
                return True
            base = call.func.base
            if call.func.attr in ("update", "setdefault") and isinstance(base, Attr) and base.attr == "conf":
                return True
    return False


def conditional(scope: Scope, block: int) -> bool:
    """Whether a statement in that block runs only under a condition; a `try` or `with` around it is none."""
    return any(b.kind not in ("try", "with", "finally", "try-else") for _, b in scope.around(block))


def modern(key: str) -> str | None:
    """The modern lower-case name of a setting, None for what is none of Celery's."""
    if key in MODERN:
        return key
    return OLD_TO_MODERN.get(key)


def from_namespace(key: str, prefix: str, *, old: bool = True) -> str | None:
    """The modern name of the setting that the attribute `key` of a configuration object is; `old` names count too."""
    if prefix and key.startswith(prefix + "_"):
        name = key[len(prefix) + 1 :].lower()
        if name in MODERN:
            return name
    return modern(key) if old or key in MODERN else None

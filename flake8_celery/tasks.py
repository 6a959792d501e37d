"""Which functions are Celery tasks: decorators, direct calls, classes, aliases and the project's own wrappers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import field, replace
from functools import cached_property

from .apps import CURRENT_APP, Apps, is_proxy
from .class_tasks import ClassTasks
from .frozen import dataclass
from .inner import Inner
from .model import (
    UNKNOWN,
    App,
    Attr,
    Call,
    CallRef,
    Const,
    Decorator,
    Dict,
    Expr,
    Module,
    Name,
    Scope,
    Span,
    Sub,
    Task,
    Value,
    dotted,
)
from .names import Names, Target
from .outlines import Positions, calls_at
from .reading import CUT, Derived, Kept

SHARED = frozenset({"celery.shared_task", "celery.app.shared_task"})
OLD_DECORATORS = frozenset(
    {
        "celery.task",
        "celery.decorators.task",
        "celery.task.task",
        "celery.task.base.task",
        "celery.decorators.periodic_task",
        "celery.task.periodic_task",
        "celery.task.base.periodic_task",
    }
)
TASK_CLASSES = frozenset(
    {"celery.Task", "celery.app.task.Task", "celery.task.Task", "celery.task.base.Task", "celery.app.base.Task"}
)


_ROUND = "*"
"""No file: what stands for answers that a cycle of functions has cut short."""


@dataclass(frozen=True)
class Factory:
    """Something that makes tasks: `shared_task`, `app.task`, or a function of the project that wraps one of them.

    `passes` tells whether keywords given to it become options of the task; `renames` are parameters of a wrapper that
    do, with the option's name. `registers` tells that a task is made of the function, and that the name it is defined
    under stays that of the plain function.
    """

    app: App | None = None
    app_known: bool = True
    options: dict[str, Value] = field(default_factory=dict)
    complete: bool = True
    wrappers: tuple[Scope, ...] = ()
    passes: bool = True
    renames: dict[str, str] = field(default_factory=dict)
    registers: bool = False


class Tasks:
    """`house` are dotted names of decorators that make tasks, from the configuration."""

    def __init__(
        self,
        names: Names,
        apps: Apps,
        derived: Derived,
        module_name: Callable[[Module], str],
        apps_of: Callable[[Task], tuple[App, ...]],
        modules: Callable[[], Iterable[Module]],
        house: Iterable[str] = (),
    ) -> None:
        self._names = names
        self._apps = apps
        self._derived = derived
        self._module_name = module_name
        self._apps_of = apps_of
        self._modules = modules
        self._house = frozenset(house)
        self._inner = Inner(names)
        self._class_tasks = ClassTasks(names)
        self._wrappers: dict[tuple[str, int], tuple[Factory | None, int]] = {}
        self._inside = 0
        self._going_round: list[tuple[str, int]] = []
        self._classes = Kept[int, tuple[Scope | None, bool]](names.reads)
        self._houses = Kept[str, set[str]](names.reads)

    def follow(self, other: Tasks, gone: int) -> None:
        """Take over what another one knows for the same applications, unless one of the files that are gone was read
        for it."""
        cut = gone | self._names.reads.bit(_ROUND)
        self._wrappers = {key: known for key, known in other._wrappers.items() if not known[1] & cut}
        self._classes, self._houses = other._classes, other._houses
        self._classes.forget(gone)
        self._houses.forget(gone)

    def origin(self, scope: Scope, line: int) -> str:
        return f"{scope.module.path}:{line}"

    # --- factories

    def factory(self, scope: Scope, expr: Expr) -> Factory | None:
        """What makes tasks when it is called with a function, or None."""
        call = scope.call(expr)
        if call is not None and not isinstance(expr, Attr):
            return self._called(scope, call)
        target = self._names.resolve(scope, expr)
        found = self._of_target(target)
        if found is None and target is not None and target.value is not None:
            # an alias: `task = partial(shared_task, acks_late=True)`, or `task = shared_task(acks_late=True)`
            origin, value = target.value
            inner = origin.call(value)
            if inner is not None:
                found = self._called(origin, inner) if not inner.args else self._partial(origin, inner)
        if found is None and (target is None or (target.base is not None and is_proxy(target.base))):
            found = self._by_looks(scope, expr)
        return found

    def _by_looks(self, scope: Scope, expr: Expr) -> Factory | None:
        """`@app.task` of an application that cannot be resolved, in a file where nothing else could be meant."""
        name = dotted(expr)
        if name is None or not name.endswith(".task"):
            return None
        root = name.partition(".")[0]
        for imported in scope.module.body.imports:
            if imported.name == root and "celery" in imported.target.lower().split("."):
                return Factory(None, app_known=False)
        imports_celery = any(i.target.split(".")[0] == "celery" for s in scope.module.scopes for i in s.imports)
        if imports_celery and root in ("app", "celery", "celery_app", "capp") and name.count(".") == 1:
            return Factory(None, app_known=False)
        return None

    def _of_target(self, target: Target | None) -> Factory | None:
        if target is None:
            return None
        name = target.name
        if name in self._house:
            wrapped = self._wrapper(target.scope) if target.scope is not None else None
            return wrapped or Factory(None, app_known=False, complete=False)
        if name in SHARED:
            return Factory()
        if name in OLD_DECORATORS:
            return Factory(app_known=False)
        if name.endswith(".task"):
            if target.base is not None and self._apps.is_instance(target.base):
                app = self._apps.of(target.base)
                current = target.base.name.removesuffix("()") in CURRENT_APP
                return Factory(app, app_known=app is not None or current)
            if name.removesuffix(".task") in CURRENT_APP:
                return Factory()
            if target.scope is None and target.base is not None and not target.base.name.endswith(("()", "[]")):
                parts = name.lower().split(".")[:-1]
                # an application from a package that is not part of the project
                if parts[0] != "celery" and any(p in ("celery", "celery_app", "celeryapp") for p in parts):
                    return Factory(None, app_known=False)
            if target.scope is None and _extends_celery(name):
                return Factory(None, app_known=False)
        if target.scope is not None and (
            not target.instance or any(c.name == "__call__" for c in target.scope.children)
        ):
            return self._wrapper(target.scope)
        return None

    def _partial(self, scope: Scope, call: Call) -> Factory | None:
        target = self._names.resolve(scope, call.func)
        if target is None or target.name != "functools.partial" or not call.args:
            return None
        inner = self.factory(scope, call.args[0])
        return self._with(inner, scope, call) if inner is not None else None

    def _called(self, scope: Scope, call: Call) -> Factory | None:
        """`app.task(name=...)`: the factory with options. A factory called with a function makes a task instead."""
        partial = self._partial(scope, call)
        if partial is not None:
            return partial
        inner = self.factory(scope, call.func)
        if inner is None:
            return None
        return self._with(inner, scope, call)

    def _with(self, factory: Factory, scope: Scope, call: Call) -> Factory:
        options, complete = self.options(scope, call)
        given = {factory.renames.get(k, k): v for k, v in options.items() if factory.passes or k in factory.renames}
        return replace(factory, options={**factory.options, **given}, complete=factory.complete and complete)

    def options(self, scope: Scope, call: Call) -> tuple[dict[str, Value], bool]:
        """The options that a call passes by keyword, and whether these are all."""
        found: dict[str, Value] = {}
        complete = True
        for key, expr in call.keywords:
            if key is not None:
                found[key] = Value("set", self._names.value(scope, expr), self.origin(scope, call.span.line))
                continue
            spread = self._names.value(scope, expr)
            if isinstance(spread, dict):
                for name, value in spread.items():
                    if isinstance(name, str):
                        found[name] = Value("set", value, self.origin(scope, call.span.line))
            else:
                complete = False
        return found, complete

    # --- wrappers

    def _wrapper(self, scope: Scope) -> Factory | None:
        """The factory that a function or class of the project wraps, found by reading it."""
        key = (scope.module.path, scope.index)
        reads = self._names.reads
        known = self._wrappers.get(key)
        if known is not None:
            reads.now |= known[1]
            return known[0]
        round_ = reads.bit(_ROUND)
        self._wrappers[key] = (None, round_)
        outer, reads.now = reads.now, reads.bit(key[0])
        self._inside += 1
        try:
            found = self._read_wrapper(scope)
        finally:
            self._inside -= 1
            read = reads.now
            reads.now |= outer
        self._wrappers[key] = (found, read)
        if read & round_:
            self._going_round.append(key)
            if not self._inside:
                cut = self._settle(round_)
                reads.now = (read & ~round_ | cut) | outer
        return found

    def _settle(self, round_: int) -> int:
        """What to note as read for functions that call each other: nothing where none of them is a factory, since all
        answers are then the same whichever is asked first."""
        found = {key: self._wrappers[key] for key in self._going_round}
        self._going_round.clear()
        cut = 0 if all(factory is None for factory, _ in found.values()) else CUT
        for key, (factory, read) in found.items():
            self._wrappers[key] = (factory, read & ~round_ | cut)
        return cut

    def _read_wrapper(self, scope: Scope) -> Factory | None:
        if scope.index not in self._derived(wrapping, scope.module):
            return None
        inner = list(_descendants(scope))
        for here in inner:
            taking = _taking_function(scope, here)
            for index, call in enumerate(here.calls):
                if call.use == "decorator":
                    continue
                takes = index in taking
                if not takes and not self._registers(scope, here, index):
                    continue
                factory = self.factory(here, call.func)
                if factory is None or any(scope is w for w in factory.wrappers):
                    continue
                made = self._merged(scope, inner, here, call, factory)
                return made if takes else replace(made, registers=True)
            for child in here.children:
                if not _gives_out(scope, here, child):
                    continue
                for decorator in child.decorators:
                    factory = self.factory(here, decorator.expr)
                    call_ = here.call(decorator.expr)
                    if factory is None:
                        continue
                    if call_ is None:
                        return replace(factory, wrappers=tuple(inner), passes=False)
                    return self._merged(scope, inner, here, call_, factory)
        return None

    def _registers(self, scope: Scope, here: Scope, index: int) -> bool:
        """Whether the call, or one of what it returns, makes a task of the function that the wrapper was given, while
        the wrapper returns that function as it is: at once, or when venusian scans the modules."""
        if scope.kind != "function":
            return False
        call = here.calls[index]
        made = _applied_to(here, index) or call
        if len(made.args) != 1 or (made.keywords and made is not call) or not isinstance(made.args[0], Name):
            return False
        given = made.args[0].id
        around: Scope | None = here
        while around is not None and around.kind == "function":
            if around.param(given) is not None:
                if self._gives_back(around, given):
                    return True
                outer = around.enclosing
                if around is not scope and outer is not None and outer.params and around.params[-1].name == given:
                    return self._gives_back(outer, outer.params[0].name) and self._is_attached(outer, around)
                return False
            if around is scope or around.assigned(given):
                return False
            around = around.enclosing
        return False

    @staticmethod
    def _gives_back(function: Scope, name: str) -> bool:
        """Whether a function returns its parameter of that name, and nothing else."""
        return (
            function.param(name) is not None
            and bool(function.returns)
            and all(r.value == Name(name) for r in function.returns)
            and not function.assigned(name)
        )

    def _is_attached(self, outer: Scope, callback: Scope) -> bool:
        """Whether `outer` attaches the callback to its own first parameter by venusian, which gives it that again."""
        found = ((call, self._names.resolve(outer, call.func)) for call in outer.calls)
        return any(
            target is not None
            and target.name == "venusian.attach"
            and call.argument(0, "wrapped") == Name(outer.params[0].name)
            and call.argument(1, "callback") == Name(callback.name)
            for call, target in found
        )

    def _merged(self, scope: Scope, inner: list[Scope], here: Scope, call: Call, factory: Factory) -> Factory:
        options: dict[str, Value] = dict(factory.options)
        complete = factory.complete
        params = {p.name: p for s in inner for p in s.params}
        spread = {p.name for s in inner for p in s.params if p.kind == "var-keyword"}
        passes = False
        renames: dict[str, str] = {}
        for key, expr in call.keywords:
            if key is None:
                if isinstance(expr, Name) and expr.id in spread:
                    passes = True
                    read = self._read_kwargs(inner, expr.id)
                    if read is None:
                        complete = False
                    else:
                        options.update(read)
                else:
                    value = self._names.value(here, expr)
                    if isinstance(value, dict):
                        options.update(
                            {
                                k: Value("set", v, self.origin(here, call.span.line))
                                for k, v in value.items()
                                if isinstance(k, str)
                            }
                        )
                    else:
                        complete, passes = False, True
            elif isinstance(expr, Name) and expr.id in params:
                renames[expr.id] = key
                default = params[expr.id].default
                value = self._names.value(scope, default) if default is not None else UNKNOWN
                # a call may pass something else; it then overrides this by its own keyword
                options[key] = Value("set", value, self.origin(here, call.span.line))
            else:
                options[key] = Value("set", self._names.value(here, expr), self.origin(here, call.span.line))
        return Factory(
            factory.app, factory.app_known, options, complete, tuple(inner) + factory.wrappers, passes, renames
        )

    def _read_kwargs(self, inner: list[Scope], name: str) -> dict[str, Value] | None:
        """What a wrapper adds to its `**kwargs`; None where that cannot be read."""
        found: dict[str, Value] = {}
        for scope in inner:
            for assign in scope.assigns:
                if isinstance(assign.target, Sub) and assign.target.base == Name(name):
                    key = self._names.value(scope, assign.target.index)
                    if not isinstance(key, str):
                        return None
                    found[key] = Value(
                        "set", self._names.value(scope, assign.value), self.origin(scope, assign.span.line)
                    )
                elif assign.target == Name(name) and assign.operator != "del":
                    base = assign.value
                    if isinstance(base, Dict):
                        for key_expr, item in base.items:
                            if key_expr is None and item == Name(name):
                                continue
                            key = self._names.value(scope, key_expr) if key_expr is not None else UNKNOWN
                            if not isinstance(key, str):
                                return None
                            found[key] = Value(
                                "set", self._names.value(scope, item), self.origin(scope, assign.span.line)
                            )
                    else:
                        return None
            for call in scope.calls:
                if isinstance(call.func, Attr) and call.func.base == Name(name):
                    if call.func.attr == "setdefault" and len(call.args) == 2:
                        key = self._names.value(scope, call.args[0])
                        if not isinstance(key, str):
                            return None
                        found[key] = Value(
                            "set", self._names.value(scope, call.args[1]), self.origin(scope, call.span.line)
                        )
                    elif call.func.attr == "update":
                        options, complete = self.options(scope, call)
                        if not complete or call.args:
                            return None
                        found.update(options)
        return found

    def house_names(self, modules: Iterable[Module]) -> set[str]:
        """The last names of the decorators that the project makes of Celery's own, where they do not tell it."""
        found = {name.rpartition(".")[2] for name in self._house}
        for module in modules:
            found |= self._houses.get(module.path, lambda module=module: self._houses_of(module))  # type: ignore[misc]
        return {name for name in found if not name.lower().endswith("task")}

    def _houses_of(self, module: Module) -> set[str]:
        self._names.reads.read(module)
        found: set[str] = set()
        for index in self._derived(wrapping, module):
            scope = module.scopes[index]
            if scope.kind in ("function", "class") and scope.name != "__call__" and self._wrapper(scope) is not None:
                found.add(scope.name)
        for index in self._derived(made, module):
            variable = module.body.assigns[index].target
            if isinstance(variable, Name) and self.factory(module.body, variable) is not None:
                found.add(variable.id)
        return found

    # --- tasks

    def of_module(self, module: Module) -> Iterator[Task]:
        """The tasks that a module defines, in order."""
        with_decorators = self._derived(decorated, module)
        for scope in module.scopes:
            if scope.kind == "function":
                task = self._decorated(scope) if scope.index in with_decorators else None
                if task is not None:
                    yield task
            elif scope.kind == "class":
                task = self._class_task(scope)
                if task is not None:
                    yield task
        yield from self._direct(module)

    def _decorated(self, function: Scope) -> Task | None:
        outer = function.enclosing
        if outer is None:
            return None
        for position, decorator in enumerate(function.decorators):
            factory = self.factory(outer, decorator.expr)
            if factory is None:
                continue
            wrappers = list(factory.wrappers)
            below = function.decorators[position + 1 :]
            for other in below:
                target = self._names.resolve(outer, _callee_expr(outer, other.expr))
                if target is not None and target.scope is not None:
                    wrappers.extend(_descendants(target.scope))
            after = self._inner.named_after(outer, below)
            made_by = None if factory.registers else decorator
            return self._task(function, factory, decorator.span, made_by, tuple(wrappers), after)
        return None

    def _task(
        self,
        function: Scope,
        factory: Factory,
        span: Span,
        decorator: Decorator | None,
        wrappers: tuple[Scope, ...],
        named_after: Scope | None = None,
    ) -> Task:
        options = factory.options
        name = options.get("name")
        module = function.module
        if name is not None and name.value is not None:
            named_after = None

        named = named_after or function
        full = f"{self._module_name(named.module)}.{named.name}"
        if name is not None and isinstance(name.value, str):
            full = name.value
        elif name is not None and name.value is not None:
            full = ""
        bind = options.get("bind")
        bound: bool | None = False
        if bind is not None:
            bound = None if bind.value is UNKNOWN else bool(bind.value)
        elif not factory.complete:
            bound = None

        return Task(
            full, function, module, span, options, factory.complete, None, factory.app, factory.app_known,
            self._base(function, decorator), wrappers, decorator, bound, named_after,
        )  # fmt: skip

    def _base(self, function: Scope, decorator: Decorator | None) -> str:
        outer = function.enclosing
        call = outer.call(decorator.expr) if outer is not None and decorator is not None else None
        if call is None or outer is None:
            return ""
        expr = call.keyword("base")
        if expr is None:
            return ""
        target = self._names.resolve(outer, expr)
        return target.name if target is not None and target.name else "?"

    def base_class(self, task: Task) -> tuple[Scope | None, bool]:
        """The class of the project that the task is an instance of, and whether the class is known at all."""
        if task.cls is not None:
            return task.cls, True
        outer = task.function.enclosing
        if task.decorator is not None and outer is not None:
            call = outer.call(task.decorator.expr)
            expr = call.keyword("base") if call is not None else None
            if expr is not None:
                target = self._names.resolve(outer, expr)
                if target is None:
                    return None, False
                return target.scope, target.scope is not None or is_harmless_base(target.name)
        if "base" in task.options:
            return None, False
        classes = [self._class_of_app(app) for app in self._apps_of(task)]
        if not classes:
            return None, task.app_known
        return classes[0] if all(c == classes[0] for c in classes) else (None, False)

    def _class_of_app(self, app: App) -> tuple[Scope | None, bool]:
        """The class that an application's tasks are instances of, where the task names none."""
        return self._classes.get(id(app), lambda: self._read_class_of_app(app))

    def _read_class_of_app(self, app: App) -> tuple[Scope | None, bool]:
        self._names.reads.read(app.module)
        expr = app.call.keyword("task_cls")
        if expr is None:
            return self._app_task_class(app) or (None, True)
        target = self._names.resolve(app.scope, expr)
        if isinstance(expr, Const) and isinstance(expr.value, str):
            target = self._names.imported(app.module, expr.value.replace(":", "."))
        if target is None:
            return None, False
        return target.scope, target.scope is not None or is_harmless_base(target.name)

    def _app_task_class(self, app: App) -> tuple[Scope | None, bool] | None:
        """`celery.Task = ContextTask` after the application was made, as Flask's documentation once showed."""
        for scope in app.module.scopes:
            for assign in scope.assigns:
                if isinstance(assign.target, Attr) and assign.target.attr in ("Task", "task_cls"):
                    base = self._names.resolve(scope, assign.target.base)
                    if base is not None and self._apps.of(base) is app:
                        target = self._names.resolve(scope, assign.value)
                        if target is None:
                            return None, False
                        return target.scope, target.scope is not None
        return None

    def is_task_class(self, cls: Scope) -> bool:
        """Whether a class of the project derives from `celery.Task`."""
        return any(
            a is not None and (a.name in TASK_CLASSES or a.name.endswith("().Task")) for a in self._names.ancestors(cls)
        )

    def _class_task(self, cls: Scope) -> Task | None:
        if (
            cls.index not in self._derived(decorated, cls.module)
            and not self._derived(registering, cls.module)
            and (cls.module.path, cls.index) not in self._registered
        ) or not cls.bases:
            return None
        if not self.is_task_class(cls):
            return None
        registered = self._registration(cls)
        body = self._class_tasks.body(cls) if registered is not None else None
        if registered is None or body is None:
            return None
        app, _span = registered
        run, way = body
        options = self._class_tasks.options(cls)
        named, name = self._class_tasks.name(cls, options)
        full = name if named else f"{self._module_name(cls.module)}.{cls.name}"
        return Task(full, run, cls.module, cls.span, options, True, cls, app, app is not None, "", way, None, True)

    def _registration(self, cls: Scope) -> tuple[App | None, Span] | None:
        """Where the class is registered: by a task decorator, or by `register_task` in its own module or another."""
        outer = cls.enclosing
        for decorator in cls.decorators:
            if outer is not None and (factory := self.factory(outer, decorator.expr)) is not None:
                return factory.app, decorator.span
        for scope, call in calls_at(cls.module, self._derived(registering, cls.module)):
            assert isinstance(call.func, Attr)
            target = self._names.resolve(scope, call.args[0])
            if target is None or target.scope is not cls:
                continue
            if call.attr == "register" and dotted(call.func.base) not in (
                "app.tasks",
                "celery.tasks",
                "tasks",
                "celery_app.tasks",
            ):
                continue
            return self._apps.of(self._names.resolve(scope, call.func.base)), call.span
        elsewhere = self._registered.get((cls.module.path, cls.index))
        if elsewhere is None:
            return None
        scope, call = elsewhere
        self._names.reads.read(scope.module)
        assert isinstance(call.func, Attr)
        return self._apps.of(self._names.resolve(scope, call.func.base)), cls.span

    @cached_property
    def _registered(self) -> dict[tuple[str, int], tuple[Scope, Call]]:
        """The classes that some module hands to `register_task`, with the call."""
        found: dict[tuple[str, int], tuple[Scope, Call]] = {}
        for module in self._modules():
            for scope, call in calls_at(module, self._derived(registering, module)):
                target = self._names.resolve(scope, call.args[0]) if call.attr == "register_task" else None
                if target is not None and target.scope is not None and target.scope.kind == "class":
                    found.setdefault((target.scope.module.path, target.scope.index), (scope, call))
        return found

    def _direct(self, module: Module) -> Iterator[Task]:
        """`app.task(fn)` and `shared_task(name="x")(fn)`."""
        # with decorators of its own, a project may call whatever it likes
        places = _applied(module) if self._house else self._derived(direct, module)
        for scope, call in calls_at(module, places):
            target = self._names.resolve(scope, call.args[0])
            if (
                target is None
                or target.scope is None
                or target.scope.kind != "function"
                or target.scope.module is not module
            ):
                continue
            factory = self.factory(scope, call.func)
            if factory is None or any(target.scope is w for w in factory.wrappers):
                continue
            if any(scope is w for w in factory.wrappers) or self._is_wrapper_part(scope):
                continue
            yield self._task(target.scope, self._with(factory, scope, call), call.span, None, factory.wrappers)

    def _is_wrapper_part(self, scope: Scope) -> bool:
        here: Scope | None = scope
        while here is not None:
            if here.kind in ("function", "class") and self._wrapper(here) is not None:
                return True
            here = here.enclosing
        return False


_HARMLESS_BASES = (
    "celery.",
    "celery_once.",
    "celery_singleton.",
    "django_celery_",
)


def is_harmless_base(name: str) -> bool:
    """A base class from a package whose classes set none of the options that rules ask for."""
    return name.startswith(_HARMLESS_BASES)


def _extends_celery(name: str) -> bool:
    """Whether a name is of an object that a package made which joins Celery to a framework, such as
    `flask_celeryext.FlaskCeleryExt().celery.task`."""
    package = name.partition(".")[0].lower()
    return "()" in name and "celery" in package and package != "celery"


def wrapping(module: Module) -> list[int]:
    """The functions and classes that may wrap what makes tasks: they speak of tasks, and give out what is made. In
    their order."""
    return [index for index in _speaking(module) if _may_wrap(module.scopes[index])]


def _may_wrap(scope: Scope) -> bool:
    if scope.kind not in ("function", "class"):
        return False
    for here in _descendants(scope):
        taking = _taking_function(scope, here)
        for index, call in enumerate(here.calls):
            if call.use != "decorator" and (index in taking or _may_register(scope, here, index)):
                return True
        if any(child.decorators and _gives_out(scope, here, child) for child in here.children):
            return True
    return False


def _taking_function(scope: Scope, here: Scope) -> Collection[int]:
    """The calls that make the decorated function, or a decorator for it, into what the wrapper returns."""
    if scope.kind == "class":
        return range(len(here.calls))
    found: set[int] = set()
    names: set[str] = set()
    for returned in here.returns:
        if returned.value is not None:
            found.update(_mentioned(here, returned.value))
            names |= _names_in(returned.value)
    for assign in here.assigns if names else ():
        if isinstance(assign.target, Name) and assign.target.id in names:
            found.update(_mentioned(here, assign.value))
    return found


def _may_register(scope: Scope, here: Scope, index: int) -> bool:
    """Whether a call is given a name at all, at once or when what it returns is called."""
    made = _applied_to(here, index) or here.calls[index]
    return scope.kind == "function" and len(made.args) == 1 and isinstance(made.args[0], Name)


def _applied_to(here: Scope, index: int) -> Call | None:
    """The call of what another one returns."""
    return next((c for c in here.calls if isinstance(c.func, CallRef) and c.func.index == index), None)


def _gives_out(scope: Scope, here: Scope, child: Scope) -> bool:
    """Whether the wrapper, or a function in it, returns what is defined in it."""
    if scope.kind == "class":
        return False
    return any(r.value is not None and child.name in _names_in(r.value) for r in here.returns)


def _speaking(module: Module) -> list[int]:
    """The scopes that speak of tasks, themselves or in what is nested in them."""
    found: set[int] = set()
    for scope in reversed(module.scopes):
        if scope.index in found or any("task" in _callee(c).lower() for c in scope.calls):
            found.add(scope.index)
            found.add(scope.parent)
        elif any("task" in (dotted(d.expr) or "").lower() for d in scope.decorators):
            found.add(scope.parent)
    return sorted(index for index in found if index >= 0)


def decorated(module: Module) -> list[int]:
    """The functions and classes of a module that have decorators."""
    return [scope.index for scope in module.scopes if scope.decorators]


def direct(module: Module) -> Positions:
    """The calls of a module that may make a task of a function, by their words."""
    found = []
    for scope, call in _applied(module):
        here = module.scopes[scope]
        if "task" in _callee(here.call(here.calls[call].func) or here.calls[call]).lower():
            found.append((scope, call))
    return found


def _applied(module: Module) -> Positions:
    """The calls of a module with one argument, which is a name."""
    return [
        (scope.index, index)
        for scope in module.scopes
        for index, call in enumerate(scope.calls)
        if call.use != "decorator" and len(call.args) == 1 and isinstance(call.args[0], Name | Attr)
    ]


def registering(module: Module) -> Positions:
    """The calls of a module that register something, such as a task class."""
    return [
        (scope.index, index)
        for scope in module.scopes
        for index, call in enumerate(scope.calls)
        if isinstance(call.func, Attr) and call.func.attr in ("register_task", "register") and call.args
    ]


def made(module: Module) -> list[int]:
    """The assignments of a module that make a variable by a call."""
    return [
        index
        for index, assign in enumerate(module.body.assigns)
        if isinstance(assign.target, Name) and assign.operator == "=" and module.body.call(assign.value) is not None
    ]


def _descendants(scope: Scope) -> Iterator[Scope]:
    yield scope
    for child in scope.children:
        yield from _descendants(child)


def _callee(call: Call) -> str:
    return call.attr or ""


def _callee_expr(scope: Scope, expr: Expr) -> Expr:
    call = scope.call(expr)
    return call.func if call is not None else expr


def _names_in(expr: Expr) -> set[str]:
    """The plain names an expression is built of, calls aside."""
    match expr:
        case Name():
            return {expr.id}
        case Attr():
            return _names_in(expr.base)
    return set()


def _mentioned(scope: Scope, expr: Expr) -> Iterator[int]:
    """The calls of the scope that an expression is, or is made from the value of."""
    if isinstance(expr, CallRef):
        yield expr.index
        call = scope.calls[expr.index]
        for part in (call.func, *call.args):
            yield from _mentioned(scope, part)
    elif isinstance(expr, Attr):
        yield from _mentioned(scope, expr.base)

"""What a task takes: the parameters that its callers have to fill, seen through decorators and base classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .frozen import dataclass
from .knowledge.transparent import TRANSPARENT
from .model import App, Attr, Const, Decorator, Expr, Items, Name, Param, Scope, ScopeRef, Star, Sub, Task, Value

if TYPE_CHECKING:
    from .names import Names, Target

_PASSING = frozenset({"__call__", "apply_async", "delay", "apply", "s", "si", "signature", "subtask"})
"""What a base class may override so that the task gets other arguments than those of the call."""
_READING = frozenset({"copy", "count", "get", "index", "items", "keys", "values"})
"""Methods of a tuple or dict that leave it as it is."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a task as its callers see them, a bound `self` left out.

    `positional` are the names that may be passed by position, in order, `by_position` how many of them only so.
    `checked` tells whether Celery compares the arguments with them before it sends (`delay`, `apply_async`): True,
    False where only the worker finds out, None where that cannot be told.
    """

    positional: tuple[str, ...]
    by_position: int
    keyword_only: tuple[str, ...]
    required: frozenset[str]
    var_positional: bool
    var_keyword: bool
    checked: bool | None = True

    @property
    def most(self) -> int | None:
        """How many positional arguments it takes, None where any number."""
        return None if self.var_positional else len(self.positional)

    def mismatch(self, count: int | None, keywords: tuple[str, ...] | None, *, complete: bool) -> str | None:
        """How a call with `count` positional arguments and these keywords fails, None where it may succeed.

        None stands for positional arguments or keywords that cannot be told. Unless `complete`, something may be added.
        """
        if count is not None and not self.var_positional and count > len(self.positional):
            return f"takes {_arguments(len(self.positional))} by position but {count} {_were(count)} passed"
        filled = set(self.positional[:count]) if count is not None else set()
        for name in keywords or ():
            at = self.positional.index(name) if name in self.positional else -1
            known = name in self.keyword_only or at >= self.by_position
            if not known and not self.var_keyword:
                return f"has no parameter `{name}`"
            if at >= self.by_position and name in filled:
                return f"gets `{name}` both by position and by name"
        if complete and count is not None and keywords is not None:
            missing = [
                name
                for name in (*self.positional, *self.keyword_only)
                if name in self.required and name not in filled and name not in keywords
            ]
            if missing:
                return f"gets no {_quoted(missing)}"
        return None


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count or 'no'} arguments"


def _were(count: int) -> str:
    return "is" if count == 1 else "are"


def _quoted(names: list[str]) -> str:
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]


def parameters_of(function: Scope, *, leave: int = 0, checked: bool | None = True) -> Parameters:
    """The parameters of a function, the first `leave` left out."""
    positional: list[Param] = [p for p in function.params if p.kind in ("positional-only", "positional")][leave:]
    keyword_only = [p for p in function.params if p.kind == "keyword-only"]
    return Parameters(
        tuple(p.name for p in positional),
        sum(p.kind == "positional-only" for p in positional),
        tuple(p.name for p in keyword_only),
        frozenset(p.name for p in (*positional, *keyword_only) if p.default is None),
        any(p.kind == "var-positional" for p in function.params),
        any(p.kind == "var-keyword" for p in function.params),
        checked,
    )


class TaskParameters:
    """Reads the parameters of tasks."""

    def __init__(
        self,
        names: Names,
        base_class: Callable[[Task], tuple[Scope | None, bool]],
        option: Callable[[Task, str], Value],
        apps_of: Callable[[Task], tuple[App, ...]],
        harmless: Callable[[str], bool],
    ) -> None:
        self._names = names
        self._base_class = base_class
        self._option = option
        self._apps_of = apps_of
        self._harmless = harmless

    def of(self, task: Task) -> Parameters | None:
        """The parameters of a task, None where decorators, wrappers or classes may change them."""
        function = task.function
        outer = function.enclosing
        if outer is None or task.bound is None or _is_redefined(function):
            return None
        if not self.plain_class(task):
            return None
        if task.cls is not None:
            if task.wrappers or any(_is(d.expr, "staticmethod", "classmethod") for d in function.decorators):
                return None
            # Celery makes the function that checks arguments for decorated functions only
            return parameters_of(function, leave=_own(function), checked=False) if not function.decorators else None
        if outer.kind == "class":
            return None
        around = self._around(task)
        if around is None:
            return None
        if not around:
            return parameters_of(function, leave=_own(function) if task.bound else 0, checked=self._checked(task))
        # the registered function takes anything: what does not fit, the worker finds out
        gets_self = bool(task.bound)
        for shape in around:
            if shape.taken == shape.passed:
                continue
            if not gets_self or shape != Shape(1, 0):
                return None
            gets_self = False
        return parameters_of(function, leave=_own(function) if gets_self else 0, checked=False)

    def _checked(self, task: Task) -> bool | None:
        typing = self._option(task, "typing")
        if typing.is_set:
            return typing.truth(default=True)
        if typing.state == "unknown":
            return None
        if self._option(task, "pydantic").truth(default=False) is not False:
            return False
        strict = {self._strict(app) for app in self._apps_of(task)}
        return strict.pop() if len(strict) == 1 else None if strict else True

    def _strict(self, app: App) -> bool | None:
        given = app.call.keyword("strict_typing")
        if given is None:
            return None if any(key is None for key, _ in app.call.keywords) else True
        value = self._names.value(app.scope, given)
        return value if isinstance(value, bool) else None

    # --- what stands around the function

    def _around(self, task: Task) -> list[Shape] | None:
        """The functions that stand between the registered one and the body, the outermost first, as far as they only
        pass on what they get. None where one of them may do more, or another object bears the task's name."""
        function = task.function
        outer = function.enclosing
        position = -1
        if task.decorator is not None:
            position = next((i for i, d in enumerate(function.decorators) if d is task.decorator), -1)
            if position != 0:
                return None
        found: list[Shape] = []
        below: set[tuple[str, int]] = set()
        for decorator in function.decorators[position + 1 :]:
            read = self._decorator(outer, decorator) if outer is not None else None
            if read is None:
                return None
            scope, shapes = read
            found.extend(shapes)
            if scope is not None:
                below.update((s.module.path, s.index) for s in _descendants(scope))
        house: list[Shape] = []
        for wrapper in task.wrappers:
            if (wrapper.module.path, wrapper.index) in below or wrapper.kind != "function":
                continue
            if wrapper.enclosing is None or wrapper.enclosing.kind == "module" or _is_init(wrapper):
                continue  # the house decorator itself, which takes options
            if not _variadic(wrapper):
                if not _decorates(wrapper):
                    return None
                continue
            shape = passes_on(wrapper)
            if shape is None:
                return None
            house.append(shape)
        return [*house, *found]

    def _decorator(self, outer: Scope, decorator: Decorator) -> tuple[Scope | None, list[Shape]] | None:
        """The project's decorator function and what it puts before the function. None where that cannot be told."""
        call = outer.call(decorator.expr)
        expr = call.func if call is not None else decorator.expr
        target = self._names.resolve(outer, expr)
        if target is None:
            return None
        if target.name in TRANSPARENT:
            return None, [Shape(0, 0)]
        scope = target.scope
        if scope is None or scope.kind != "function":
            return None
        if call is not None and any(_is_context_manager(self._names, scope, d.expr) for d in scope.decorators):
            return scope, [Shape(0, 0)]
        inner = [s for s in _descendants(scope) if s is not scope and s.kind in ("function", "lambda")]
        replacing = [s for s in inner if _variadic(s)]
        if not replacing:
            # it gives back the function it got, or hides it behind something with parameters of its own
            level = scope if call is None else next((s for s in inner if s.parent == scope.index), scope)
            returned = [r.value for r in level.returns]
            same = bool(level.params) and returned == [Name(level.params[0].name)]
            return (scope, []) if same else None
        shapes = [passes_on(s) for s in replacing]
        if len(shapes) != 1 or shapes[0] is None:
            return None
        return scope, [shapes[0]]

    # --- the class

    def plain_class(self, task: Task) -> bool:
        """Whether the class of the task is known to pass on arguments as they are."""
        base, known = self._base_class(task)
        if not known:
            return False
        if base is None:
            return True
        own = [base]
        for ancestor in self._names.ancestors(base):
            if ancestor is None:
                return False
            if ancestor.scope is not None:
                own.append(ancestor.scope)
            elif not self._is_plain(ancestor):
                return False
        for cls in own:
            for child in cls.children:
                if child.name in ("__getattribute__", "__new__", "__header__", "typing"):
                    return False
                if child.name in _PASSING and passes_on(child) not in (Shape(1, 0), Shape(1, 1)):
                    return False
            if any(isinstance(a.target, Name) and a.target.id in _PASSING for a in cls.assigns):
                return False
        return True

    def _is_plain(self, ancestor: Target) -> bool:
        return self._harmless(ancestor.name) or ancestor.name.startswith(("abc.", "builtins.", "typing."))


@dataclass(frozen=True, slots=True)
class Shape:
    """A function `(a, b, *args, **kwargs)` that calls another with the same: `taken` parameters of its own come first,
    `passed` of them are passed on."""

    taken: int
    passed: int


def passes_on(function: Scope) -> Shape | None:
    """How a function passes on `*args` and `**kwargs`; None where it may pass on something else."""
    if not _variadic(function):
        return None
    rest = next(p.name for p in function.params if p.kind == "var-positional")
    named = next(p.name for p in function.params if p.kind == "var-keyword")
    taken = [p.name for p in function.params if p.kind in ("positional-only", "positional")]
    if any(p.kind == "keyword-only" for p in function.params):
        return None
    shape: Shape | None = None
    scopes = list(_descendants(function))
    for scope in scopes:
        if any(_root(a.target) in (rest, named) for a in scope.assigns) or {rest, named} & set(scope.globals):
            return None
        for call in scope.calls:
            if isinstance(call.func, Attr) and _root(call.func) in (rest, named) and call.func.attr not in _READING:
                return None
            mentions = [a for a in call.args if _mentions(a, rest, named)]
            mentions += [v for _, v in call.keywords if _mentions(v, rest, named)]
            if Star(Name(rest)) not in call.args and (None, Name(named)) not in call.keywords:
                continue  # logged, measured, looked at: not passed on as arguments
            if len(mentions) != 2 or call.keywords != ((None, Name(named)),) or call.args[-1:] != (Star(Name(rest)),):
                return None
            leading = call.args[:-1]
            if any(not isinstance(a, Name) or a.id not in taken for a in leading):
                return None
            if [a.id for a in leading if isinstance(a, Name)] != taken[: len(leading)]:
                return None
            found = Shape(len(taken), len(leading))
            if shape is not None and shape != found:
                return None
            shape = found
    return shape


def _is_context_manager(names: Names, function: Scope, decorator: Expr) -> bool:
    """Whether the decorator makes a function a context manager, which serves as a decorator too."""
    outer = function.enclosing
    target = names.resolve(outer, decorator) if outer is not None else None
    return target is not None and target.name == "contextlib.contextmanager"


def _variadic(scope: Scope) -> bool:
    kinds = {p.kind for p in scope.params}
    return scope.kind in ("function", "lambda") and {"var-positional", "var-keyword"} <= kinds


def _is_init(function: Scope) -> bool:
    return function.name == "__init__" and function.enclosing is not None and function.enclosing.kind == "class"


def _decorates(function: Scope) -> bool:
    """Whether a function takes another as its only argument, and hands it to something."""
    method = function.enclosing is not None and function.enclosing.kind == "class"
    params = function.params[1:] if method else function.params
    if len(params) != 1:
        return False
    taken = Name(params[0].name)
    outer = function.enclosing
    around: set[str] = set()
    while outer is not None:
        around.update(p.name for p in outer.params)
        outer = outer.enclosing
    if any(isinstance(call.func, Name) and call.func.id in around for call in function.calls):
        return False  # it calls what another one took: it stands in its place
    return any(child.kind == "function" for child in function.children) or any(
        call.args == (taken,) for call in function.calls
    )


def _is_redefined(function: Scope) -> bool:
    """Whether there are several functions of that name, of which a condition may choose one."""
    return any(
        other.qualname == function.qualname and other is not function and other.kind == "function"
        for other in function.module.scopes
    )


def _own(function: Scope) -> int:
    """How many of the first parameters `self` fills: none where `*args` takes it."""
    return 1 if function.params and function.params[0].kind in ("positional-only", "positional") else 0


def _is(expr: Expr, *names: str) -> bool:
    return isinstance(expr, Name) and expr.id in names


def _root(expr: Expr) -> str:
    while isinstance(expr, Attr | Sub):
        expr = expr.base
    return expr.id if isinstance(expr, Name) else ""


def _mentions(expr: Expr, *names: str) -> bool:
    match expr:
        case Name():
            return expr.id in names
        case Star():
            return _mentions(expr.value, *names)
        case Attr() | Sub():
            return _mentions(expr.base, *names)
        case Items():
            return any(_mentions(i, *names) for i in expr.items)
        case Const() | ScopeRef():
            return False
    return False


def _descendants(scope: Scope) -> Iterator[Scope]:
    yield scope
    for child in scope.children:
        yield from _descendants(child)

"""The facts about a project, as plain data.

Everything here is frozen, picklable and free of syntax trees. Two layers live side by side:

* *syntactic facts* of one file (`Module`, `Scope`, `Call`, `Assign`, ...), produced by `facts.py` in one walk and
kept in
  the cache on disk. Names in them are as written; `names.py` resolves them when a check asks.
* *Celery facts* of the project (`App`, `Task`, `Value`, `Command`, ...), derived from the first layer by `project.py`.

Lines count from 1, columns from 0 in code points, as in Python's own `ast`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, fields
from typing import TYPE_CHECKING, TypeAlias

from .frozen import dataclass
from .place import NOWHERE as NOWHERE  # noqa: PLC0414  what stands for facts is found here
from .place import Span as Span  # noqa: PLC0414

# --- expressions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A literal number, string, boolean or None. Folded: `60 * 5` is `Const(300)`."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    id: str


@dataclass(frozen=True, slots=True)
class Attr:
    base: Expr
    attr: str


@dataclass(frozen=True, slots=True)
class Sub:
    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class CallRef:
    """`scope.calls[index]` of the scope the expression stands in."""

    index: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set display. `kind` is "list", "tuple" or "set"."""

    kind: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Dict:
    """A dict display; a None key stands for `**value`. Of an entry of beat's schedule (a dict with the key "task"),
    `spans` says where each value stands."""

    items: tuple[tuple[Expr | None, Expr], ...]
    spans: tuple[Span, ...] = field(default=(), compare=False)

    def at(self, key: str) -> Expr | None:
        """The value of a literal key, None where there is none."""
        found = None
        for name, value in self.items:
            if isinstance(name, Const) and name.value == key:
                found = value
        return found

    def place(self, key: str) -> Span | None:
        """Where the value of a literal key stands, None where that is not kept."""
        found = None
        for (name, _), span in zip(self.items, self.spans, strict=False):
            if isinstance(name, Const) and name.value == key:
                found = span
        return found


@dataclass(frozen=True, slots=True)
class Op:
    """A unary, binary, boolean or comparison operation, `operator` as written ("+", "and", "not in")."""

    operator: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`body if test else orelse`."""

    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Format:
    """An f-string or a concatenation with one; `parts` are constants and expressions in order."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ScopeRef:
    """A lambda: `module.scopes[index]`."""

    index: int


@dataclass(frozen=True, slots=True)
class Star:
    value: Expr


@dataclass(frozen=True, slots=True)
class Await:
    value: Expr


@dataclass(frozen=True, slots=True)
class Comp:
    """A comprehension; `kind` is "list", "set", "dict" or "generator", `sources` what each `for` iterates over."""

    kind: str
    element: Expr
    sources: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Anything the facts do not look into; `kind` names the syntax ("bytes", "slice", "unpack", ...)."""

    kind: str


Expr: TypeAlias = (
    Const | Name | Attr | Sub | CallRef | Items | Dict | Op | Choice | Format | ScopeRef | Star | Await | Comp | Opaque
)


def dotted(expr: Expr | None) -> str | None:
    """`a.b.c` for names and attributes, else None."""
    parts: list[str] = []
    while isinstance(expr, Attr):
        parts.append(expr.attr)
        expr = expr.base
    if isinstance(expr, Name):
        parts.append(expr.id)
        return ".".join(reversed(parts))
    return None


# --- one file ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handler:
    """One `except` clause. `types` is empty for a bare `except:`; `block` is the index of its own block."""

    types: tuple[Expr, ...]
    name: str | None
    block: int
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """A nested block of statements inside a scope.

    `kind` is one of "if", "else" (of an if), "for", "while", "loop-else", "try", "except", "try-else", "finally",
    "with", "case", "comprehension". `parent` is the index of the enclosing block, -1 for the scope's own level. `test`
    is the condition of if and while (an `else` repeats the condition it negates), what a `for` iterates over, the
    context manager of a `with` (one block for each item), the subject of a `case`. `handlers` belong to a "try".
    `owner` links "except", "try-else" and "finally" to the index of their "try".
    """

    kind: str
    parent: int
    span: Span
    test: Expr | None = None
    handlers: tuple[Handler, ...] = ()
    owner: int = -1
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call. `use` says what happens with its value: "statement", "assign", "return", "await", "argument", "with",
    "iterate", "attribute", "decorator" or "other". `keywords` hold None as name for `**value`; a `*value` among `args`
    is a `Star`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    block: int
    span: Span
    use: str

    def keyword(self, name: str) -> Expr | None:
        for key, value in self.keywords:
            if key == name:
                return value
        return None

    def argument(self, position: int, name: str) -> Expr | None:
        """The argument passed by keyword `name` or at `position`, None where it is not passed."""
        value = self.keyword(name)
        if value is None and position < len(self.args) and not any(isinstance(a, Star) for a in self.args):
            value = self.args[position]
        return value

    @property
    def has_spread(self) -> bool:
        """Whether `*x` or `**x` passes arguments that are not seen."""
        return any(isinstance(a, Star) for a in self.args) or any(k is None for k, _ in self.keywords)

    @property
    def attr(self) -> str | None:
        """The last part of the callee: "delay" for `task.delay(...)`."""
        func = self.func
        if isinstance(func, Attr):
            return func.attr
        return func.id if isinstance(func, Name) else None


@dataclass(frozen=True, slots=True)
class Assign:
    """A binding of `target`. `operator` is "=", "+=", ..., ":=", "for", "with", "except" or "del". For tuple targets
    there is one `Assign` for each name, with `Opaque("unpack")` where the value cannot be told apart."""

    target: Expr
    operator: str
    value: Expr
    block: int
    span: Span


@dataclass(frozen=True, slots=True)
class Import:
    """`name` is the local name; `target` the dotted name it stands for, with leading dots when relative
    (`from . import app` gives ".app"). `import a.b` binds "a" to "a" and has `loads` "a.b"; for `from m import *` the
    name is "*" and the target `m`."""

    name: str
    target: str
    loads: str
    block: int
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    value: Expr | None
    block: int
    span: Span


@dataclass(frozen=True, slots=True)
class Raise:
    value: Expr | None
    block: int
    span: Span


@dataclass(frozen=True, slots=True)
class Bare:
    """A name, an attribute or an operation that stands alone as a statement, so that its value is dropped."""

    expr: Expr
    block: int
    span: Span


@dataclass(frozen=True, slots=True)
class Flow:
    """`break`, `continue`, `yield` or `await` by `kind`."""

    kind: str
    block: int
    span: Span


@dataclass(frozen=True, slots=True)
class Param:
    """`kind` is "positional-only", "positional", "var-positional", "keyword-only" or "var-keyword"."""

    name: str
    kind: str
    default: Expr | None
    annotation: Expr | None


@dataclass(frozen=True, slots=True)
class Decorator:
    """`expr` belongs to the parent scope, where it is evaluated."""

    expr: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Scope:
    """A module, class, function or lambda body (`kind`), without what is nested in it.

    `qualname` is dotted within the module ("" for the module itself, "Order.pay", "outer.inner"). `parent` is the
    index of the enclosing scope in `module.scopes` (-1 for the module), `block` the block there. `span` is that of
    the name. `unread` are the parameters that neither the body nor anything nested in it ever reads.
    """

    kind: str
    name: str
    qualname: str
    index: int
    parent: int
    block: int
    span: Span
    params: tuple[Param, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    bases: tuple[Expr, ...] = ()
    keywords: tuple[tuple[str | None, Expr], ...] = ()
    is_async: bool = False
    blocks: tuple[Block, ...] = ()
    calls: tuple[Call, ...] = ()
    assigns: tuple[Assign, ...] = ()
    imports: tuple[Import, ...] = ()
    returns: tuple[Return, ...] = ()
    raises: tuple[Raise, ...] = ()
    flows: tuple[Flow, ...] = ()
    globals: tuple[str, ...] = ()
    bare: tuple[Bare, ...] = ()
    unread: tuple[str, ...] = ()
    module: Module = field(init=False, repr=False, compare=False)
    packed: bytes | None = field(init=False, repr=False, compare=False, default=None)
    """Of a stored scope, what nobody has asked for yet."""
    _bound: dict[str, list[Assign]] | None = field(init=False, repr=False, compare=False, default=None)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """What is in a stored scope is unpacked when it is asked for the first time."""
            if name not in _FIELDS or object.__getattribute__(self, "packed") is None:
                raise AttributeError(f"a scope has no {name!r}", name=name, obj=self)
            from .packing import complete

            complete(self, name)
            return object.__getattribute__(self, name)

    @property
    def is_generator(self) -> bool:
        return any(f.kind == "yield" for f in self.flows)

    @property
    def enclosing(self) -> Scope | None:
        return self.module.scopes[self.parent] if self.parent >= 0 else None

    @property
    def children(self) -> Iterator[Scope]:
        """The scopes nested directly in this one."""
        return iter(self.module.nested(self.index))

    def around(self, block: int) -> Iterator[tuple[int, Block]]:
        """The blocks that enclose `block`, itself first, with their indices."""
        while block >= 0:
            yield block, self.blocks[block]
            block = self.blocks[block].parent

    def inside(self, block: int, outer: int) -> bool:
        """Whether `block` is `outer` or nested in it; `outer` -1 is the scope itself."""
        return outer < 0 or any(i == outer for i, _ in self.around(block))

    def call(self, expr: Expr | None) -> Call | None:
        """The call an expression stands for, also behind `await`."""
        if isinstance(expr, Await):
            expr = expr.value
        return self.calls[expr.index] if isinstance(expr, CallRef) else None

    def param(self, name: str) -> Param | None:
        return next((p for p in self.params if p.name == name), None)

    def assigned(self, name: str) -> list[Assign]:
        """All bindings of the plain name `name` in this scope."""
        bound = self._bound
        if bound is None:
            bound = {}
            for assign in self.assigns:
                if isinstance(assign.target, Name):
                    bound.setdefault(assign.target.id, []).append(assign)
            object.__setattr__(self, "_bound", bound)
        return list(bound.get(name, ()))


_FIELDS = frozenset(f.name for f in fields(Scope) if f.init)


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file. `path` is relative to the project's root, with "/"; `scopes[0]` is the module's own body."""

    path: str
    scopes: tuple[Scope, ...]
    by_libcst: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())
    """What stands for the statements that libcst has parsed."""
    packed: bytes | None = field(init=False, repr=False, compare=False, default=None)
    """Of a stored module, what nobody has asked for yet of what was derived of it."""
    _outline: Mapping[str, object] = field(init=False, repr=False, compare=False, default_factory=dict)
    _nested: dict[int, list[Scope]] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        for scope in self.scopes:
            object.__setattr__(scope, "module", self)

    def nested(self, index: int) -> Sequence[Scope]:
        """The scopes nested directly in that of the index."""
        known = self._nested
        if known is None:
            known = {}
            for scope in self.scopes:
                known.setdefault(scope.parent, []).append(scope)
            object.__setattr__(self, "_nested", known)
        return known.get(index, ())

    @property
    def outline(self) -> Mapping[str, object]:
        """What was derived of a stored module (`outlines`)."""
        if self.packed is not None:
            from .packing import derived

            object.__setattr__(self, "_outline", derived(self.packed))
            object.__setattr__(self, "packed", None)
        return self._outline

    @property
    def body(self) -> Scope:
        return self.scopes[0]

    @property
    def functions(self) -> Iterator[Scope]:
        return (s for s in self.scopes if s.kind == "function")

    @property
    def classes(self) -> Iterator[Scope]:
        return (s for s in self.scopes if s.kind == "class")

    def scope(self, qualname: str) -> Scope | None:
        """The last function or class of that qualified name, as at run time."""
        found = None
        for s in self.scopes:
            if s.qualname == qualname and s.kind in ("function", "class"):
                found = s
        return found


# --- deployment files -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """A Celery process that a deployment file starts.

    `path` and `span` say where; `service` is the compose service, Procfile process, unit or container; `argv` the words
    of the command from `celery` on, variables left as written. `app` is the value of `-A`, `program` the sub-command
    ("worker", "beat", "flower", ...; "" when it cannot be told; `celery multi start` is "worker" for each of its
    nodes). `options` are the long names of the options given ("--pool", "--time-limit", "--beat", ...) with their
    value, None for a flag. `replicas` is the number of copies that are started, None when it is not known;
    `autoscaled` when something else decides the number (HPA, KEDA). `uncertain` when the words hold a variable or
    template that could add options. `kind` is the file's kind: "compose", "procfile", "dockerfile", "systemd",
    "supervisor", "kubernetes", "helm", "shell" or "make". `variant` marks files and services that are alternatives to
    others (overrides, profiles, development or test files). `ports` are those of its own that the file publishes to
    other machines, as written. `container` is the container's own name in a pod.
    `shell` is what starts it as its child and waits: "script", or the shell that got the text with `-c`; "" where
    nothing does, or where the shell does not stay as it is (`exec`, `&`, a trap).
    """

    path: str
    span: Span
    service: str
    argv: tuple[str, ...]
    app: str | None
    program: str
    options: tuple[tuple[str, str | None], ...]
    kind: str
    replicas: int | None = 1
    autoscaled: bool = False
    uncertain: bool = False
    variant: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    image: str = ""
    ports: tuple[str, ...] = ()
    container: str = ""
    shell: str = ""

    def option(self, *names: str) -> str | None:
        """The value of the first of these options that is given ("" for a flag), None where none is."""
        for key, value in self.options:
            if key in names:
                return value or ""
        return None


@dataclass(frozen=True, slots=True)
class Mention:
    """A word in a deployment, requirements or script file that a rule looks for: `kind` "program" (a command that is
    run, such as `celeryd`) or "requirement" (a distribution, such as `django-celery`)."""

    path: str
    span: Span
    kind: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that configures Celery or Flower, where a deployment, script or environment file sets it.

    `span` is that of the value, `service` what it is set for ("" for everything), `container` the container in a pod.
    `kind` and `variant` are those of the file, as for commands; the kind of an environment file is "environment".
    """

    path: str
    span: Span
    name: str
    value: str
    service: str
    kind: str
    variant: str = ""
    container: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """What runs in a container: the stage of a Dockerfile, a service of compose, a container of a pod.

    `words` are those of the entry point and the command, in either form. `image` is the image that a Dockerfile's stage
    goes back to, as far as the file tells, "" elsewhere. `copies` are the files that it copies, as pairs of source and
    destination. `init` where the container has an init process of Docker's. `variant` is that of the file, as for
    commands.
    """

    path: str
    service: str
    words: tuple[str, ...]
    image: str = ""
    copies: tuple[tuple[str, str], ...] = ()
    init: bool = False
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the deployment and script files of a project say. `problems` are (path, line, message) of files that cannot
    be read."""

    commands: tuple[Command, ...] = ()
    mentions: tuple[Mention, ...] = ()
    problems: tuple[tuple[str, int, str], ...] = ()
    variables: tuple[Variable, ...] = ()
    containers: tuple[Container, ...] = ()


# --- Celery facts of the project --------------------------------------------------------------------------------------


class _Unknown:
    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: compare with `is UNKNOWN`")

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""A value that the code computes: it is set, but to what cannot be told."""


@dataclass(frozen=True, slots=True)
class Value:
    """The effective value of a task option or a setting.

    `state` is "set", "unset" (Celery's default holds) or "unknown" (it cannot be told whether it is set). `value` is a
    plain Python value, or `UNKNOWN`. `origin` says where it is set, as "path:line", "" where it is not.
    """

    state: str
    value: object = UNKNOWN
    origin: str = ""

    @property
    def is_set(self) -> bool:
        return self.state == "set"

    @property
    def is_unset(self) -> bool:
        return self.state == "unset"

    @property
    def number(self) -> float | None:
        """The value as a number of seconds or the like; None when it is not set or not known."""
        if self.state == "set" and isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return float(self.value)
        return None

    def truth(self, default: bool) -> bool | None:
        """True or False when known (`default` when unset), None when it cannot be told."""
        if self.state == "unset":
            return default
        if self.state == "unknown" or self.value is UNKNOWN:
            return None
        return bool(self.value)


UNSET = Value("unset", None)
CANNOT_TELL = Value("unknown")


@dataclass(frozen=True, slots=True)
class App:
    """An instantiation of `celery.Celery`. `name` is the dotted name it is bound to ("proj.celery.app"), "" when it
    is not bound to a module-level name; `factory` is the function it is made in, if any."""

    name: str
    scope: Scope
    call: Call
    factory: Scope | None = None

    @property
    def module(self) -> Module:
        return self.scope.module


@dataclass(frozen=True, slots=True)
class Task:
    """A Celery task.

    `name` is its name in the registry, as far as it can be told. `function` is the function that runs (the `run` method
    of a class-based task), `cls` the class. `options` are those given where it is defined, wrappers included;
    `complete` is False when `**options` or a wrapper that cannot be read may add others. `span` is where it is
    declared: the decorator, the registering call or the class name. `app` is None for shared tasks. `wrappers` are
    the project's own functions between Celery and the body: house decorators, inner functions and decorators below
    the task decorator. `base` is the dotted name of the task class, "" for the app's own. `named_after` is the inner
    function of a decorator whose name the task is registered under, where that decorator loses the function's own.
    """

    name: str
    function: Scope
    module: Module
    span: Span
    options: Mapping[str, Value]
    complete: bool = True
    cls: Scope | None = None
    app: App | None = None
    app_known: bool = True
    base: str = ""
    wrappers: tuple[Scope, ...] = ()
    decorator: Decorator | None = None
    bound: bool | None = False
    named_after: Scope | None = None


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """Something that beat sends: `task` is the registered name it sends, None where unknown.

    `kind` is "entry" (of a schedule), "call" (`add_periodic_task`) or "row" (of django-celery-beat). `args` and
    `kwargs` stand in `scope`, None where they cannot be told. `span` is where the task is named, `at` where its
    arguments are, or else the same. `when` is the schedule as it is written, and `options` are the execution options,
    None where they cannot be told. `encoded` tells that an entry's keyword arguments are a text, as JSON makes it.
    """

    task: str | None
    name: str
    path: str
    span: Span
    kind: str = "entry"
    scope: Scope | None = None
    args: tuple[Expr, ...] | None = None
    kwargs: tuple[tuple[str, Expr], ...] | None = None
    at: Span = NOWHERE
    when: Expr | None = None
    options: tuple[tuple[str, Expr], ...] | None = None
    encoded: bool = False


# --- what rules say ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule reports: where, and a one-line message. `edits` repair it, all or none of them.

    `remedy` says how to repair this one, where that is more than the rule's page can say. `cure` is one change that
    answers every finding with the same words; where it is to be made is part of them.
    """

    span: Span
    message: str
    edits: tuple[Edit, ...] = ()
    remedy: str = ""
    cure: str = ""

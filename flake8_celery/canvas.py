"""Signatures put together: chains, groups, chords, maps and callbacks, and what each task in them gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from .dispatch import SEND, SIGNATURE, Dispatch, Dispatches
from .frozen import dataclass
from .model import (
    Attr,
    Await,
    Call,
    CallRef,
    Choice,
    Comp,
    Dict,
    Expr,
    Items,
    Module,
    Name,
    Op,
    Scope,
    Span,
    Star,
    Sub,
    Task,
)
from .names import Names
from .traits import imports

_MAKERS = {
    "celery.chain": "chain",
    "celery.canvas.chain": "chain",
    "celery.canvas._chain": "chain",
    "celery.group": "group",
    "celery.canvas.group": "group",
    "celery.chord": "chord",
    "celery.canvas.chord": "chord",
    "celery.canvas._chord": "chord",
}
_MAKER_NAMES = frozenset(name.rpartition(".")[2] for name in _MAKERS)
_MAPS = frozenset({"map", "starmap", "chunks"})
_KEEPING = frozenset({"set", "clone", "partial", "on_error"})
_CALLBACKS = frozenset({"link", "link_error"})
_ADDING = frozenset({"link", "link_error", "on_error"})
CANVAS_WORDS = SIGNATURE | _MAPS | {"chain", "group", "chord"}
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Canvas:
    """A signature, or several put together.

    `kind` is "task" (the signature of a task or a name: `sent`), "chain", "group", "chord" (its header in `parts`),
    "map", "starmap" or "chunks" (of `task`), or, where a signature should stand: "bare" (a task itself), "method"
    (`task.s`, not called), "sent" (a call that sends the task), "unknown". `repeated` parts stand for any number,
    `loose` ones for a list that is not seen. `call` is the call that makes it, `inline` whether it stands where it is
    used, `span` where to report it.
    """

    kind: str
    scope: Scope
    span: Span
    parts: tuple[Canvas, ...] = ()
    body: Canvas | None = None
    sent: Dispatch | None = None
    task: Task | None = None
    call: Call | None = None
    repeated: bool = False
    loose: bool = False

    @property
    def is_signature(self) -> bool:
        """Whether it is a signature for certain."""
        return self.kind in ("task", "chain", "group", "chord", *_MAPS)

    @property
    def last(self) -> Canvas:
        """What its result comes from."""
        if self.kind == "chain" and self.parts:
            return self.parts[-1].last
        return self.body.last if self.kind == "chord" and self.body is not None else self


@dataclass(frozen=True, slots=True)
class Callback:
    """`canvas` is called when what `of` stands for is done: `option` "link", or has failed: "link_error".
    `of` is None where it is not known."""

    option: str
    canvas: Canvas
    of: Canvas | None


@dataclass(frozen=True, slots=True)
class Fed:
    """How many arguments come before a task's own, None where that cannot be told. `follows` where they are the result
    of `after`, and `joined` where that is the list of several results."""

    before: int | None = None
    follows: bool = False
    after: Canvas | None = None
    joined: bool = False


def steps(canvas: Canvas, fed: Fed) -> Iterator[tuple[Canvas, Fed]]:
    """The tasks of a canvas, each with what it gets, where `fed` is what the whole gets."""
    if canvas.kind == "task":
        yield canvas, fed
    elif canvas.kind == "group":
        for part in canvas.parts:
            yield from steps(part, fed)
    elif canvas.kind == "chain":
        previous: Canvas | None = None
        for part in canvas.parts:
            if part.repeated:
                previous = previous or part
            gets = fed
            if previous is not None and previous.loose and not previous.repeated:
                gets = Fed()  # it is the first where that list is empty
            elif previous is not None:
                gets = Fed(1, True, previous.last, _joins(previous))
            yield from steps(part, gets)
            previous = part
    elif canvas.kind == "chord":
        for part in canvas.parts:
            yield from steps(part, fed)
        if canvas.body is not None:
            yield from steps(canvas.body, Fed(1, True, canvas, True))


def _joins(canvas: Canvas) -> bool:
    """Whether the result is the list of several tasks' results."""
    return canvas.last.kind in ("group", "chunks")


class Canvases:
    def __init__(self, names: Names, dispatches: Dispatches, task: Callable[[Scope, Expr], Task | None]) -> None:
        self._names = names
        self._dispatches = dispatches
        self._task = task
        self._local_names: dict[str, frozenset[str]] = {}
        self._depth = 0

    # --- what there is in a scope

    def of_scope(self, scope: Scope) -> Iterator[tuple[Canvas, int | None]]:
        """The chains, groups, chords and maps in a scope, those within others too, with the number of arguments that
        they are sent with, None where that is not seen."""
        for index, call in enumerate(scope.calls):
            inner = call.func
            if isinstance(inner, Attr) and inner.attr in SEND:
                inner = inner.base
            elif isinstance(inner, Name):
                # most functions are no variables: nothing has to be resolved for them
                inner = self._dispatches.bound_once(scope, inner.id) or inner
            if isinstance(inner, CallRef | Op) or inner is not call.func:
                canvas = self.of(scope, inner, call.span)
                if canvas.kind in ("chain", "group", "chord"):
                    yield self._applied(scope, call, canvas)
            if call.attr not in CANVAS_WORDS and call.attr not in self._maker_names(scope.module):
                continue
            canvas = self.of(scope, CallRef(index), call.span)
            if canvas.is_signature and canvas.kind != "task" and canvas.call is call:
                yield canvas, None
        for expr, span in _operations(scope):
            canvas = self.of(scope, expr, span)
            if canvas.kind == "chain":
                yield canvas, None
        for assign in scope.assigns:
            if assign.operator == "|=":
                canvas = self._operation(scope, (assign.target, assign.value), assign.span)
                if canvas.kind == "chain":
                    yield canvas, None

    def _applied(self, scope: Scope, call: Call, canvas: Canvas) -> tuple[Canvas, int | None]:
        if call.has_spread:
            return canvas, None
        if isinstance(call.func, Attr) and call.func.attr not in ("delay", "delay_on_commit"):
            given = call.argument(0, "args")
            if call.argument(1, "kwargs") is not None:
                return canvas, None
            if given is None:
                return canvas, 0
            return canvas, len(given.items) if isinstance(given, Items) and not _starred(given.items) else None
        if canvas.kind == "chord" and not isinstance(call.func, Attr):
            body = call.argument(0, "body")
            if body is not None:
                canvas = replace(canvas, body=self.of(scope, body, call.span))
            return canvas, 0
        return canvas, None if call.keywords else len(call.args)

    def callbacks(self, scope: Scope) -> Iterator[Callback]:
        """What the calls of a scope add as callbacks."""
        for call in scope.calls:
            if isinstance(call.func, Attr) and call.func.attr in _ADDING and len(call.args) == 1 and not call.keywords:
                of = self.of(scope, call.func.base, call.span)
                option = "link" if call.func.attr == "link" else "link_error"
                canvas = self.of(scope, call.args[0], call.span)
                if of.is_signature or canvas.is_signature:
                    yield Callback(option, canvas, of if of.is_signature else None)
            if not any(key in _CALLBACKS for key, _ in call.keywords):
                continue
            if call.attr not in ("apply_async", "apply_async_on_commit", "send_task", "signature", "set", "apply"):
                continue
            receiver = self._receiver(scope, call)
            if receiver is None:
                continue
            for key, value in call.keywords:
                if key in _CALLBACKS:
                    for item in value.items if isinstance(value, Items) else (value,):
                        if not isinstance(item, Star):
                            yield Callback(key, self.of(scope, item, call.span), receiver)

    def _receiver(self, scope: Scope, call: Call) -> Canvas | None:
        sent = self._dispatches.of(scope, call)
        if sent is not None and (sent.task is not None or sent.name is not None):
            return Canvas("task", scope, call.span, sent=sent, task=sent.task, call=call)
        if isinstance(call.func, Attr):
            of = self.of(scope, call.func.base, call.span)
            return of if of.is_signature else None
        return None

    # --- one expression

    def of(self, scope: Scope, expr: Expr, at: Span) -> Canvas:
        """What an expression is as part of a canvas; `at` is where to report what has no place of its own."""
        if self._depth > _DEPTH:
            return Canvas("unknown", scope, at)
        self._depth += 1
        try:
            return self._of(scope, expr, at)
        finally:
            self._depth -= 1

    def _of(self, scope: Scope, expr: Expr, at: Span) -> Canvas:
        match expr:
            case Name() | Attr():
                return self._named(scope, expr, at)
            case CallRef():
                return self._called(scope, expr, at)
            case Op(operator="|"):
                return self._operation(scope, expr.operands, at)
            case Choice():
                body, orelse = self.of(scope, expr.body, at), self.of(scope, expr.orelse, at)
                return body if body == orelse else Canvas("unknown", scope, at)
        return Canvas("unknown", scope, at)

    def _named(self, scope: Scope, expr: Name | Attr, at: Span) -> Canvas:
        if isinstance(expr, Name):
            bound = self._dispatches.bound_once(scope, expr.id)
            if isinstance(bound, CallRef) or (isinstance(bound, Op) and bound.operator == "|"):
                found = self.of(scope, bound, at)
                return replace(found, span=at) if found.is_signature else Canvas("unknown", scope, at)
        elif expr.attr in SIGNATURE and (task := self._task(scope, expr.base)) is not None:
            return Canvas("method", scope, at, task=task)
        task = self._task(scope, expr)
        return Canvas("bare" if task is not None else "unknown", scope, at, task=task)

    def _called(self, scope: Scope, expr: CallRef, at: Span) -> Canvas:
        call = scope.calls[expr.index]
        at = call.span
        attr = call.attr
        if attr in SIGNATURE or attr in _KEEPING or attr in self._dispatches.signature_names(scope.module):
            sent = self._dispatches.signature(scope, expr)
            if sent is not None:
                return Canvas("task", scope, at, sent=sent, task=sent.task, call=call)
        if isinstance(call.func, Attr):
            base = call.func.base
            if attr in _KEEPING:
                inner = self.of(scope, base, at)
                if not inner.is_signature or call.keyword("immutable") is not None:
                    return Canvas("unknown", scope, at)
                return inner if attr in ("set", "on_error") else replace(inner, span=at)
            if attr in _MAPS:
                task = self._task(scope, base)
                return Canvas(attr if task is not None else "unknown", scope, at, task=task, call=call)
            if attr in SEND:
                sent = self._dispatches.of(scope, call)
                if sent is not None and sent.sends and sent.task is not None:
                    return Canvas("sent", scope, at, sent=sent, task=sent.task, call=call)
        return self._made(scope, call, at)

    def _made(self, scope: Scope, call: Call, at: Span) -> Canvas:
        target = None
        if isinstance(call.func, Name | Attr) and call.attr in self._maker_names(scope.module):
            target = self._names.resolve(scope, call.func)
        kind = _MAKERS.get(target.name) if target is not None else None
        if kind is None:
            return Canvas("unknown", scope, at)
        if kind != "chord":
            return Canvas(kind, scope, at, self._parts(scope, call.args, at), call=call)
        header = call.argument(0, "header")
        body = call.argument(1, "body")
        return Canvas(
            kind, scope, at, self._parts(scope, (header,), at) if header is not None else (),
            self.of(scope, body, at) if body is not None else None, call=call,
        )  # fmt: skip

    def _maker_names(self, module: Module) -> frozenset[str]:
        """The names that a module can have for what makes chains, groups and chords."""
        known = self._local_names.get(module.path)
        if known is None:
            found = {name for name, target, _ in imports(module) if target.rpartition(".")[2] in _MAKER_NAMES}
            known = self._local_names[module.path] = frozenset({*_MAKER_NAMES, *found})
        return known

    def _parts(self, scope: Scope, args: tuple[Expr, ...], at: Span) -> tuple[Canvas, ...]:
        """The parts of a chain, group or header: given one by one, or as a list."""
        found: list[Canvas] = []
        for given in args:
            many = len(args) == 1 or isinstance(given, Star)
            arg = given.value if isinstance(given, Star) else given
            if many and isinstance(arg, Items) and arg.kind != "set":
                found.extend(self._parts(scope, arg.items, at) if len(arg.items) != 1 else self._single(scope, arg, at))
            elif many and isinstance(arg, Comp) and arg.kind in ("list", "generator"):
                found.append(replace(self.of(scope, arg.element, at), repeated=True, loose=True))
            else:
                part = self.of(scope, arg, at)
                found.append(replace(part, loose=True) if many and not part.is_signature else part)
        return tuple(found)

    def _single(self, scope: Scope, items: Items, at: Span) -> tuple[Canvas, ...]:
        item = items.items[0]
        return self._parts(scope, (item,), at) if isinstance(item, Star) else (self.of(scope, item, at),)

    def _operation(self, scope: Scope, operands: tuple[Expr, ...], at: Span) -> Canvas:
        """`a.s() | b.s()`: a chain, where one side is a signature for certain."""
        flat: list[Expr] = []
        for operand in operands:
            left: list[Expr] = [operand]
            while isinstance(left[0], Op) and left[0].operator == "|":
                left[0:1] = left[0].operands
            flat.extend(left)
        parts = [self.of(scope, expr, at) for expr in flat]
        if not any(part.is_signature for part in parts):
            return Canvas("unknown", scope, at)
        return Canvas("chain", scope, at, tuple(parts))


def _starred(items: tuple[Expr, ...]) -> bool:
    return any(isinstance(i, Star) for i in items)


def _operations(scope: Scope) -> Iterator[tuple[Expr, Span]]:
    """The outermost `|` operations in a scope's expressions, with the statement or call they stand in."""
    for call in scope.calls:
        for expr in (call.func, *call.args, *(value for _, value in call.keywords)):
            yield from _inner(expr, call.span)
    for assign in scope.assigns:
        yield from _inner(assign.value, assign.span)
    for returned in scope.returns:
        if returned.value is not None:
            yield from _inner(returned.value, returned.span)
    for bare in scope.bare:
        yield from _inner(bare.expr, bare.span)


def _inner(expr: Expr, at: Span) -> Iterator[tuple[Expr, Span]]:
    match expr:
        case Op(operator="|"):
            yield expr, at
        case Op():
            for operand in expr.operands:
                yield from _inner(operand, at)
        case Attr() | Sub():
            yield from _inner(expr.base, at)
        case Items():
            for item in expr.items:
                yield from _inner(item, at)
        case Dict():
            for _, value in expr.items:
                yield from _inner(value, at)
        case Star() | Await():
            yield from _inner(expr.value, at)
        case Choice():
            yield from _inner(expr.body, at)
            yield from _inner(expr.orelse, at)
        case Comp():
            yield from _inner(expr.element, at)

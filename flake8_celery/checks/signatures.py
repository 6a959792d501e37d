"""Signatures: steps that do not fit together, signatures that nobody sends, and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..canvas import Canvas, Fed, steps
from ..dispatch import SEND
from ..model import Attr, Bare, Call, CallRef, Finding, Module, Name, Scope, Span, Task
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..parameters import Parameters
    from ..project import Project

_PUT_TOGETHER = ("chain", "group", "chord")
_BUILDS = frozenset({"s", "si", "signature", "subtask", "chain", "group", "chord", "map", "starmap", "chunks", "set"})
_SENDING = SEND | {"apply"}


# --- what a step gets


@rule("CEL509")
def chain_arity_mismatch(module: Module, project: Project) -> Iterator[Finding]:
    """Steps of chains, bodies of chords and callbacks that do not take the result that comes first."""
    found: dict[Span, str] = {}
    for canvas, _ in project.canvases(module):
        for leaf, fed in steps(canvas, Fed()):
            _compare(project, leaf, fed, found)
    for callback in project.callbacks(module):
        if callback.option != "link" or (callback.of is not None and callback.of.kind == "group"):
            continue  # a group makes its callback immutable
        for leaf, fed in steps(callback.canvas, Fed(1, True, callback.of)):
            _compare(project, leaf, fed, found)
    for span, message in found.items():
        yield Finding(span, message)


def _compare(project: Project, leaf: Canvas, fed: Fed, found: dict[Span, str]) -> None:
    sent = leaf.sent
    if not fed.follows or fed.before is None or sent is None or sent.immutable is not False or leaf.span in found:
        return
    task = sent.task or (project.task_named(sent.name) if sent.name is not None else None)
    parameters = project.parameters(task) if task is not None else None
    if task is None or parameters is None or sent.args is None:
        return
    keywords = tuple(key for key, _ in sent.kwargs) if sent.kwargs is not None else None
    if parameters.mismatch(len(sent.args), keywords, complete=False) is not None:
        return  # its own arguments alone do not fit: another rule's
    problem = parameters.mismatch(len(sent.args) + fed.before, keywords, complete=True)
    if problem is not None:
        found[leaf.span] = f"{name(task)} {problem}, {_source(fed)} first: {_outcome(task, parameters, fed)}"


def _source(fed: Fed) -> str:
    if fed.joined:
        return "the list of results"
    before = fed.after.task if fed.after is not None else None
    return f"the result of {name(before)}" if before is not None else "the result of the step before"


def _outcome(task: Task, parameters: Parameters, fed: Fed) -> str:
    if parameters.checked is False:
        return "it fails in the worker"
    if fed.joined:
        return f"{name(task)} never runs"
    before = fed.after.task if fed.after is not None else None
    step = name(before) if before is not None else "that step"
    return f"{step} is marked as failed after its work, and {name(task)} never runs"


# --- signatures that nobody sends


@rule("CEL511")
def signature_never_applied(module: Module, project: Project) -> Iterator[Finding]:
    """Statements that build a signature, or name what sends a task, and leave it at that."""
    for scope in module.scopes:
        for index, call in enumerate(scope.calls):
            if call.use == "statement" and call.attr in _BUILDS:
                canvas = project.canvas(scope, CallRef(index), call.span)
                if _dropped(scope, call, canvas):
                    yield Finding(call.span, f"{_built(canvas)} is built and dropped: nothing is sent")
        for bare in scope.bare:
            message = _bare(project, scope, bare)
            if message is not None:
                yield Finding(bare.span, message)


def _dropped(scope: Scope, call: Call, canvas: Canvas) -> bool:
    """Whether nobody holds the signature: `.set(...)` may change one that a variable does."""
    if canvas.sent is not None and canvas.sent.task is None and canvas.sent.name is None:
        return False
    while call.attr == "set":
        inner = call.func.base if isinstance(call.func, Attr) else None
        if not isinstance(inner, CallRef):
            return False
        call = scope.calls[inner.index]
    return canvas.is_signature


def _built(canvas: Canvas) -> str:
    if canvas.kind == "task" and canvas.sent is not None:
        task = canvas.sent.task
        return f"the signature of {name(task) if task is not None else f'`{canvas.sent.name}`'}"
    return f"the {canvas.kind}" if canvas.kind in _PUT_TOGETHER else f"`{canvas.kind}`"


def _bare(project: Project, scope: Scope, bare: Bare) -> str | None:
    expr = bare.expr
    if isinstance(expr, Attr):
        if expr.attr not in _SENDING:
            return None
        canvas = project.canvas(scope, expr.base, bare.span)
        if canvas.task is not None and canvas.kind in ("bare", "task"):
            return f"`{expr.attr}` is not called: {name(canvas.task)} is not sent"
        return f"`{expr.attr}` is not called: nothing is sent" if canvas.is_signature else None
    if isinstance(expr, Name):
        # at the top of a module, a name alone tells checkers that an import is meant
        if scope.kind != "function" or any(i.name == expr.id for i in scope.imports):
            return None
        task = project.task(scope, expr)
        return f"{name(task)} is named and neither called nor sent" if task is not None else None
    canvas = project.canvas(scope, expr, bare.span)
    return f"{_built(canvas)} is built and dropped: nothing is sent" if canvas.is_signature else None


# --- what is no signature


@rule("CEL512")
def task_instead_of_signature(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks, uncalled methods and results where a signature has to stand."""
    found: dict[Span, str] = {}
    for canvas, _ in project.canvases(module):
        message = _part(canvas)
        if message is not None:
            found.setdefault(canvas.span, message)
    for callback in project.callbacks(module):
        part = callback.canvas
        task = part.task
        if task is None:
            continue
        if part.kind == "sent":
            found.setdefault(part.span, f"{name(task)} starts at once, and its result cannot be a callback")
        elif part.kind in ("bare", "method"):
            found.setdefault(part.span, f"{_what(part)} as callback cannot be serialized: nothing is sent")
    for span, message in found.items():
        yield Finding(span, message)


def _part(canvas: Canvas) -> str | None:
    if canvas.kind not in _PUT_TOGETHER:
        return None
    for part in canvas.parts:
        # a chord's header makes signatures of tasks
        if part.kind == "method" or (part.kind == "bare" and canvas.kind != "chord"):
            return f"{_what(part)} in a {canvas.kind} is no signature: {_raised(canvas)}"
    body = canvas.body
    if body is not None and body.kind in ("bare", "method"):
        return f"{_what(body)} as body of a chord is no signature: it raises `TypeError` or `AttributeError`"
    return None


def _what(part: Canvas) -> str:
    assert part.task is not None
    return f"the task {name(part.task)}" if part.kind == "bare" else f"a method of {name(part.task)}, not called,"


def _raised(canvas: Canvas) -> str:
    if canvas.kind == "chain":
        return "it raises `TypeError`"
    return "it raises an error when it is sent"

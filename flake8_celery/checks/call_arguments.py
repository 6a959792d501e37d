"""Arguments of calls that send a task, compared with what the task takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..canvas import Canvas, Fed, steps
from ..dispatch import Dispatch
from ..knowledge.options import CALL_OPTIONS
from ..model import (
    Attr,
    Call,
    CallRef,
    Comp,
    Const,
    Dict,
    Expr,
    Finding,
    Format,
    Items,
    Module,
    Name,
    Scope,
    Span,
    Task,
)
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..parameters import Parameters
    from ..project import Project

_TEXT = ("builtins.str", "builtins.repr", "builtins.format")
_OPTIONS_ELSEWHERE = {
    "delay": "apply_async({})",
    "delay_on_commit": "apply_async_on_commit({})",
    "s": "signature({})",
    "si": "signature({}, immutable=True)",
}
"""Methods whose arguments are the task's, with those that take options."""
_WITH_SEQUENCE = ("apply_async", "apply_async_on_commit", "apply", "send_task", "retry", "signature")
_NUMBER = ("builtins.int", "builtins.float", "builtins.bool", "builtins.len")


@rule("CEL504")
def call_signature_mismatch(module: Module, project: Project) -> Iterator[Finding]:
    """Calls, signatures and retries whose arguments the task does not take."""
    reported: set[Span] = set()
    for scope, call, sent in project.sent_in(module):
        found = _of_call(project, call, sent) if misplaced(project, call, sent) is None else None
        if found is not None and not _inner_reported(scope, call, reported):
            reported.add(call.span)
            yield Finding(call.span, found, remedy=_as_options(project, sent))
    for scope, call in project.called(module, ("retry",)):
        again = project.retry(scope, call)
        found = _of_retry(project, again) if again is not None else None
        if found is not None:
            yield Finding(call.span, found)
    for canvas, given in project.canvases(module):
        for finding in _of_canvas(project, canvas, given):
            if finding.span not in reported:
                reported.add(finding.span)
                yield finding


def _of_call(project: Project, call: Call, sent: Dispatch) -> str | None:
    known = _task(project, sent)
    if known is None:
        return None
    task, parameters = known
    complete = sent.sends or sent.immutable is True
    problem = _mismatch(parameters, sent, 0, complete=complete)
    if problem is None and call.attr in _OPTIONS_ELSEWHERE and sent.kwargs is None:
        # beside `**options`, which may be anything
        written = tuple(key for key, _ in call.keywords if key is not None)
        problem = parameters.mismatch(None, written, complete=False)
    return f"{name(task)} {problem}: {_outcome(sent, parameters)}" if problem is not None else None


def _as_options(project: Project, sent: Dispatch) -> str:
    """How to pass the options of a call that are given to a method which takes none; "" where there are none."""
    known = _task(project, sent)
    if known is None or sent.method not in _OPTIONS_ELSEWHERE or sent.kwargs is None:
        return ""
    parameters = known[1]
    taken = (*parameters.positional, *parameters.keyword_only)
    options = [key for key, _ in sent.kwargs if key in CALL_OPTIONS and key not in taken]
    if not options:
        return ""
    given = ", ".join(f"{option}=..." for option in options)
    arguments = ["args=(...)"] if sent.args else []
    arguments += ["kwargs={...}"] if len(sent.kwargs) > len(options) else []
    which = " and ".join(f"`{option}`" for option in options)
    is_option, it = ("is an option", "it") if len(options) == 1 else ("are options", "them")
    call = _OPTIONS_ELSEWHERE[sent.method].format(", ".join((*arguments, given)))
    return f"{which} {is_option} of the call, and `{sent.method}` hands {it} to the task: write `{call}`."


def _task(project: Project, sent: Dispatch) -> tuple[Task, Parameters] | None:
    """The task that is sent and what it takes, where both are known."""
    task = sent.task
    if task is None and sent.name is not None:
        task = project.task_named(sent.name)
    parameters = project.parameters(task) if task is not None else None
    return (task, parameters) if task is not None and parameters is not None else None


def _mismatch(parameters: Parameters, sent: Dispatch, before: int, *, complete: bool) -> str | None:
    count = len(sent.args) + before if sent.args is not None else None
    keywords = tuple(key for key, _ in sent.kwargs) if sent.kwargs is not None else None
    return parameters.mismatch(count, keywords, complete=complete)


def _outcome(sent: Dispatch, parameters: Parameters) -> str:
    if sent.method == "apply":
        return "the task fails"
    if parameters.checked is False or sent.method == "send_task" or sent.task is None:
        return "it is sent, and fails in the worker" if sent.sends else "it fails in the worker"
    if sent.sends:
        return "the call raises `TypeError`"
    return "it raises `TypeError` when it is sent"


def _inner_reported(scope: Scope, call: Call, reported: set[Span]) -> bool:
    """Whether the signature that a call sends is reported already."""
    while isinstance(call.func, Attr) and isinstance(call.func.base, CallRef):
        call = scope.calls[call.func.base.index]
        if call.span in reported:
            return True
    return False


def _of_retry(project: Project, again: Dispatch) -> str | None:
    known = _task(project, again)
    if known is None or again.task is None:
        return None
    task, parameters = known
    # what is not given anew is kept from the run
    complete = again.args is not None and again.kwargs is not None
    problem = _mismatch(parameters, again, 0, complete=complete)
    return f"{name(task)} {problem}: the retry is rejected, and the task ends as failed" if problem else None


def _of_canvas(project: Project, canvas: Canvas, given: int | None) -> Iterator[Finding]:
    if canvas.kind in ("map", "starmap") and canvas.task is not None and canvas.call is not None:
        parameters = project.parameters(canvas.task)
        count = _item(canvas)
        problem = (
            parameters.mismatch(count, (), complete=True) if parameters is not None and count is not None else None
        )
        if problem is not None:
            yield Finding(canvas.span, f"{name(canvas.task)} {problem}: `{canvas.kind}` fails in the worker")
        return
    if given is None:
        return
    for leaf, fed in steps(canvas, Fed(given)):
        if fed.follows or fed.before is None or leaf.sent is None or leaf.sent.immutable is not False:
            continue
        known = _task(project, leaf.sent)
        if known is None:
            continue
        task, parameters = known
        problem = _mismatch(parameters, leaf.sent, fed.before, complete=True)
        if problem is not None:
            yield Finding(leaf.span, f"{name(task)} {problem}: {_sent_outcome(parameters)}")


def _sent_outcome(parameters: Parameters) -> str:
    return "it fails in the worker" if parameters.checked is False else "it raises `TypeError` when it is sent"


def _item(canvas: Canvas) -> int | None:
    """How many arguments each call of a map or starmap gets."""
    if canvas.kind == "map":
        return 1
    items = canvas.call.args[0] if canvas.call is not None and canvas.call.args else None
    if isinstance(items, Comp) and items.kind in ("list", "generator"):
        element: Expr | None = items.element
    else:
        element = items.items[0] if isinstance(items, Items) and items.items else None
    return len(element.items) if isinstance(element, Items) and element.kind in ("tuple", "list") else None


# --- args that are no sequence


@rule("CEL505")
def args_not_a_sequence(module: Module, project: Project) -> Iterator[Finding]:
    """Positional arguments that are no list or tuple, and task arguments among the execution options."""
    for scope, call in project.called(module, _WITH_SEQUENCE):
        found = _no_sequence(project, scope, call)
        if found is not None:
            yield Finding(call.span, found)


def _no_sequence(project: Project, scope: Scope, call: Call) -> str | None:
    sent = project.retry(scope, call) if call.attr == "retry" else project.dispatch(scope, call)
    if sent is None or call.has_spread:
        return None
    first = 0
    if call.attr == "send_task":
        if not isinstance(call.func, Attr) or not project.is_app(scope, call.func.base):
            return None
        first = 1
    elif call.attr == "signature":
        if isinstance(call.func, Attr) and project.task(scope, call.func.base) is not None:
            return None  # `task.signature(...)` is another rule's
        first = 1
    elif sent.task is None and sent.name is None:
        return None
    what = name(sent.task) if sent.task is not None else f"`{sent.name}`" if sent.name is not None else "the task"
    problem = sequence_problem(project, scope, call)
    if problem is not None:
        return f"the positional arguments of {what} are {problem}"
    named = call.argument(first + 1, "kwargs")
    if isinstance(named, Const | Format | Items) and named != Const(None) and not _empty(named):
        return f"the keyword arguments of {what} are {_kind(named)}: {_raises(call.attr or '')}"
    keyword = misplaced(project, call, sent)
    return f"`{keyword}` is taken for an execution option: {what} does not get it" if keyword else None


def _empty(expr: Expr | None) -> bool:
    return isinstance(expr, Items | Dict) and not expr.items


def _raises(method: str) -> str:
    return "the task fails" if method == "apply" else "the call raises `TypeError`"


def sequence_problem(project: Project, scope: Scope, call: Call) -> str | None:
    """What the positional arguments of a call that sends something are, and what comes of it; None where they are or
    may be a list or tuple."""
    method = call.attr or ""
    expr = call.argument(1 if method in ("send_task", "signature") else 0, "args")
    if isinstance(call.func, Attr) and method == "apply_async" and project.task(scope, call.func.base) is None:
        method = "signature"  # a signature makes a tuple of it
    if expr is None or expr == Const(None) or _empty(expr):
        return None
    copied = method in ("signature", "retry")
    if isinstance(expr, Const):
        if not expr.value:
            return f"{_kind(expr)}: Celery takes that for none at all"
        if isinstance(expr.value, str) and method != "apply":
            return f"{_kind(expr)}: {_text(method)}"
    elif isinstance(expr, Format) or _is_call(project, scope, expr, _TEXT):
        return f"a string: {_text(method)}"
    elif isinstance(expr, Items | Dict | Comp):
        if isinstance(expr, Items | Comp) and expr.kind in ("list", "tuple"):
            return None
        # a signature makes a tuple of it, and so does the call that `apply` runs in place
        return f"{_kind(expr)}: {_raises(method)}" if not copied and method != "apply" else None
    elif is_caught(scope, expr):
        return f"the exception: {_raises(method)}"
    elif not (_is_call(project, scope, expr, _NUMBER) or _is_key(expr)):
        return None
    return f"{_kind(expr) or 'a single value'}: {_raises(method)}"


def _text(method: str) -> str:
    if method == "apply":
        return "each character is an argument"
    return "each character becomes an argument" if method in ("signature", "retry") else "the call raises `TypeError`"


def _kind(expr: Expr) -> str | None:
    match expr:
        case Const(value=bool()):
            return "a truth value"
        case Const(value=str()) | Format():
            return "a string"
        case Const():
            return "a number"
        case Items(kind=kind) if kind == "set":
            return "a set"
        case Items(kind=kind):
            return f"a {kind}"
        case Dict():
            return "a dict"
        case Comp(kind=kind) if kind != "list":
            return f"a {kind}"
    return None


def _is_call(project: Project, scope: Scope, expr: Expr, names: tuple[str, ...]) -> bool:
    call = scope.call(expr)
    return call is not None and isinstance(call.func, Name) and project.name(scope, call.func) in names


def is_caught(scope: Scope, expr: Expr) -> bool:
    """Whether a name is what an `except` clause has caught: `self.retry(exc)` for `self.retry(exc=exc)`."""
    bound = scope.assigned(expr.id) if isinstance(expr, Name) else []
    return bool(bound) and all(a.operator == "except" for a in bound)


def _is_key(expr: Expr) -> bool:
    """Whether an expression is the key of a row, by its name."""
    last = expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""
    return last.endswith("_id") or last in ("id", "pk") if isinstance(expr, Attr) else last.endswith("_id")


def misplaced(project: Project, call: Call, sent: Dispatch) -> str | None:
    """A keyword of `apply_async` that is a parameter of the task and no execution option."""
    if call.attr not in ("apply_async", "apply_async_on_commit") or sent.task is None:
        return None
    parameters = project.parameters(sent.task)
    if parameters is None:
        return None
    names = (*parameters.positional, *parameters.keyword_only)
    taken = (key for key, _ in call.keywords if key in names and key not in CALL_OPTIONS)
    return next((key for key in taken if key not in ("args", "kwargs")), None)

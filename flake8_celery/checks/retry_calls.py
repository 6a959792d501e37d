"""Calls of `retry()` that do not do what they look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Attr, Call, Const, Dict, Expr, Finding, Format, Items, Module, Op, Scope, Span, Task, dotted
from ..per_project import per_project
from ..rule import rule
from .places import name
from .retries import on_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

# --- CEL326

_NO_WORK = frozenset(
    {
        "add", "append", "clean_up", "cleanup", "clear", "close", "commit", "critical", "debug", "delete",
        "discard", "disconnect", "end", "error", "exception", "exit", "finish", "flush", "format", "get", "info",
        "items", "join", "keys", "log", "monotonic", "now", "perf_counter", "pop", "print", "release", "remove",
        "rmtree", "rollback", "set", "stop", "time", "unlink", "unlock", "update", "update_state", "values", "warn",
        "warning",
    }
)  # fmt: skip
"""What may well be meant to happen although the task runs again."""


@rule("CEL326")
def work_after_retry(module: Module, project: Project) -> Iterator[Finding]:
    """`retry(throw=False)` under a condition, where the run goes on with what the next run is to do."""
    likely = any(project.of_scope(_quiet_retries, scope) for scope in module.scopes)
    for scope, call, who, work in _going_on(project) if likely else ():
        if scope.module is module:
            yield Finding(
                call.span,
                f"`retry(throw=False)` does not end this run: {who} goes on with `{work}` and is sent again besides",
            )


@per_project
def _going_on(project: Project) -> list[tuple[Scope, Call, str, str]]:
    found: dict[tuple[str, Span], tuple[Scope, Call, str, str]] = {}
    for task, places in project.of_tasks(_work_of):
        for scope, call, work in places:
            found.setdefault((scope.module.path, call.span), (scope, call, name(task), work))
    return list(found.values())


def _work_of(project: Project, task: Task) -> list[tuple[Scope, Call, str]]:
    found = []
    for reached, calls in project.in_reach(_quiet_retries, task):
        for call in calls:
            work = _work_after(project, reached.scope, call, shared=True)
            steps = list(reached.calls)
            while work == "" and steps:
                scope, step = steps.pop()
                work = _work_after(project, scope, step, shared=False) if step.use == "statement" else None
            if work:
                found.append((reached.scope, call, work))
    return found


def _quiet_retries(project: Project, scope: Scope) -> list[Call]:
    return [call for call in scope.calls if _is_quiet_retry(project, scope, call)]


def _is_quiet_retry(project: Project, scope: Scope, call: Call) -> bool:
    if call.attr != "retry" or call.use != "statement" or call.keyword("throw") != Const(value=False):
        return False
    if call.keyword("exc") in (None, Const(None)):
        return False  # without an error it may ask for another look later
    kinds = [block.kind for _, block in scope.around(call.block)]
    return _is_guard(kinds) and on_task(project, scope, call)


def _is_guard(kinds: list[str]) -> bool:
    """Whether the innermost of these blocks is a branch, and none handles an error."""
    return bool(kinds) and kinds[0] in ("if", "else") and not {"except", "finally"}.intersection(kinds)


def _work_after(project: Project, scope: Scope, call: Call, *, shared: bool) -> str | None:
    """The first work that surely follows a call in its scope: "" where the scope ends first, None where that cannot be
    told. With `shared`, only what runs without the call as well counts, and nothing may follow beside it."""
    here = (call.span.end_line, call.span.end_column)
    around = [index for index, _ in scope.around(call.block)]
    ends = [(r.span, r.block, "end") for r in scope.returns] + [(r.span, r.block, "raise") for r in scope.raises]
    ends += [(f.span, f.block, "raise") for f in scope.flows if f.kind in ("break", "continue", "yield")]
    steps = [(c.span, c.block, c) for c in scope.calls if c.use in ("statement", "assign", "await", "other", "with")]
    for span, block, what in sorted([*ends, *steps], key=lambda step: (step[0].line, step[0].column)):
        if (span.line, span.column) <= here or (block >= 0 and block not in around):
            continue
        if what == "end":
            return ""
        if not isinstance(what, Call):
            return None
        if shared and block == call.block:
            continue
        if _is_work(project, scope, what):
            return _shown(what)
    return ""


def _is_work(project: Project, scope: Scope, call: Call) -> bool:
    attr = call.attr or ""
    if not attr or attr in _NO_WORK or attr[:1].isupper() or "log" in attr.lower() or attr == "retry":
        return False
    called = project.name(scope, call.func) or ""
    return not called.startswith(("builtins.", "logging.", "time."))


def _shown(call: Call) -> str:
    written = dotted(call.func)
    return f"{written}()" if written is not None else f"{call.attr}()"


# --- CEL327


@rule("CEL327")
def retry_with_plain_value(module: Module, project: Project) -> Iterator[Finding]:
    """`retry(exc=...)` with something that surely is no exception."""
    for scope, call in project.called(module, ("retry",)):
        given = call.argument(2, "exc")
        if given is None or call.has_spread or not on_task(project, scope, call):
            continue
        what = _plain(project, scope, given)
        if what:
            yield Finding(
                call.span,
                f"`exc` is {what} and no exception: when the retries are used up, the task ends with "
                '"TypeError: exceptions must derive from BaseException"',
            )


def _plain(project: Project, scope: Scope, given: Expr) -> str:
    """What a value is that surely is no exception, "" for any other."""
    match given:
        case Const(value=value):
            # one that is false counts as none
            return ("a text" if isinstance(value, str) else "a number") if value else ""
        case Format() | Op(operator="%", operands=(Const(value=str()), *_)):
            return "a text"
        case Dict():
            return "a dictionary"
        case Items(kind=kind):
            return f"a {kind}"
        case _:
            pass
    made = scope.call(given)
    if made is None:
        return ""
    if project.name(scope, made.func) in ("builtins.str", "builtins.repr", "traceback.format_exc"):
        return "a text"
    text = made.func.base if isinstance(made.func, Attr) and made.func.attr in ("format", "join") else None
    return "a text" if isinstance(text, Const) and isinstance(text.value, str) else ""

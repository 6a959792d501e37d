"""Tasks that catch every exception and end as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Block, Const, Finding, Handler, Module, Scope, dotted
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_BROAD = frozenset({"BaseException", "Exception", "builtins.BaseException", "builtins.Exception"})
_LOGS = frozenset(
    {"critical", "debug", "error", "exception", "fatal", "info", "log", "print", "print_exc", "warn", "warning"}
)
_WORDS = frozenset(
    {"dict", "exc_info", "format", "format_exc", "getattr", "hasattr", "join", "len", "repr", "str", "type"}
)
_CLEANS = frozenset({"close", "release", "rollback"})
_MOST = 0.8


@rule("CEL915")
def swallowed_exception_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """A `try` around nearly the whole body of a task whose broad handler neither raises, retries nor records."""
    for task in project.tasks_of(module):
        function = task.function
        if function.module is not module:
            continue
        for index, block in enumerate(function.blocks):
            if block.kind != "try" or not _is_outermost(function, block) or not _covers_most(function, index):
                continue
            if _does_more(function, index):
                continue
            for handler in block.handlers:
                if _is_broad(project, function, handler) and _drops(function, index, handler):
                    yield Finding(
                        handler.span,
                        f"{name(task)} catches every exception here and returns: a run that fails ends in `SUCCESS`, "
                        "and no retry, `link_error` or `on_failure` hears of it",
                    )


def _is_outermost(function: Scope, block: Block) -> bool:
    """Whether only `with` statements are around the `try`."""
    return all(around.kind == "with" for _, around in function.around(block.parent))


def _does_more(function: Scope, attempt: int) -> bool:
    """Whether there is another `try` or a loop beside this one: then it stands around a part of the work."""
    for index, block in enumerate(function.blocks):
        around = [i for i, _ in function.around(index)]
        if attempt in around or any(function.blocks[i].owner == attempt for i in around):
            continue
        if block.kind in ("try", "for", "while") and any(call.block == index for call in function.calls):
            return True
    return False


def _covers_most(function: Scope, attempt: int) -> bool:
    """Whether nearly all that the task does, it does inside the `try`."""
    inside = outside = 0
    for call in function.calls:
        around = [i for i, _ in function.around(call.block)]
        if attempt in around:
            inside += 1
        elif not any(function.blocks[i].owner == attempt for i in around):
            outside += call.attr not in _LOGS and call.use != "with"
    return inside > 0 and inside >= _MOST * (inside + outside)


def _is_broad(project: Project, function: Scope, handler: Handler) -> bool:
    return not handler.types or any(project.name(function, expr) in _BROAD for expr in handler.types)


def _drops(function: Scope, attempt: int, handler: Handler) -> bool:
    """Whether nothing of the exception is left after the handler but a line in a log."""

    def here(block: int) -> bool:
        return function.inside(block, handler.block)

    if any(here(raised.block) for raised in function.raises):
        return False
    if any(here(assign.block) and assign.operator != "except" for assign in function.assigns):
        return False
    for returned in function.returns:
        if here(returned.block) and returned.value not in (None, Const(None)):
            return False
    if any(here(flow.block) and flow.kind in ("yield", "await") for flow in function.flows):
        return False
    if not all(_is_talk(call.attr or "", dotted(call.func)) for call in function.calls if here(call.block)):
        return False
    # what comes after the `try` may find out what became of it
    line = function.blocks[attempt].span.end_line
    ends = [b for b in function.blocks if b.owner == attempt and b.kind == "finally"]
    line = max([line, *(b.span.end_line for b in ends)])
    if any(raised.span.line > line for raised in function.raises):
        return False
    return not any(r.span.line > line and r.value not in (None, Const(None)) for r in function.returns)


def _is_talk(attr: str, written: str | None) -> bool:
    """Whether a call only logs, puts words together, or cleans up."""
    if attr in _LOGS:
        return written is None or not written.lower().startswith(("self.", "cls.")) or "log" in written.lower()
    return attr in _WORDS or attr in _CLEANS

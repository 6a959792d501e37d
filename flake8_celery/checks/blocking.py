"""Tasks that hold their worker slot without working: sleeping, and loops that never end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Block, Call, CallRef, Const, Finding, Module, Scope, Span, Task
from ..rule import rule
from .limits import effective, pools
from .places import name, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project, Reach

LONG = 5
"""Seconds from which on a sleep is reported."""

_GREEN = frozenset({"gevent", "eventlet"})
_LOOPS = ("for", "while", "comprehension")
_LOCAL = frozenset({"communicate", "done", "is_alive", "is_set", "poll"})
_TRIALS = ("debug", "demo", "test")
"""How the names of tasks begin that only show that the worker runs."""
_ENDS = frozenset({"exit", "_exit", "abort", "quit", "exec", "execv", "execvp"})


# --- CEL406


@rule("CEL406")
def sleep_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """Sleeps of a known, long time in the body of a task."""
    for task in project.running_tasks_of(module):
        if task.function.name.startswith(_TRIALS):
            continue
        for scope in _body(project, task.function):
            for call in scope.calls:
                if call.attr != "sleep" or project.name(scope, call.func) != "time.sleep":
                    continue
                seconds = _seconds(project, scope, call)
                if seconds is None or seconds < LONG or _is_meant(scope, call) or _is_green(project, task):
                    continue
                loop = next((i for i, block in scope.around(call.block) if block.kind in ("for", "while")), None)
                if loop is not None and _watches(scope, loop):
                    continue
                again = (
                    " in rounds of a loop" if loop is not None and project.value(scope, call.args[0]) == seconds else ""
                )
                up = "up to " if loop is not None and not again else ""
                yield Finding(
                    call.span,
                    f"{name(task)} sleeps {up}{number(seconds)} s{again}: its worker slot does nothing else in this "
                    "time, and other tasks wait",
                )


def _body(project: Project, function: Scope) -> Iterator[Scope]:
    """A function and what is nested in it."""
    yield function
    for child in function.children:
        if child.kind in ("function", "lambda") and project.task_of(child) is None:
            yield from _body(project, child)


def _seconds(project: Project, scope: Scope, call: Call) -> float | None:
    """How long a sleep lasts, in a loop with a known number of rounds in all of them together."""
    value = project.value(scope, call.argument(0, "secs"))
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    seconds = float(value)
    for _, block in scope.around(call.block):
        rounds = scope.call(block.test) if block.kind == "for" else None
        if rounds is not None and project.name(scope, rounds.func) == "builtins.range" and len(rounds.args) == 1:
            count = project.value(scope, rounds.args[0])
            if isinstance(count, int):
                seconds *= count
    return seconds


def _watches(scope: Scope, loop: int) -> bool:
    """Whether a loop waits for a thread, process or event of its own worker, which no later run could look at."""
    return any(call.attr in _LOCAL and scope.inside(call.block, loop) for call in scope.calls)


def _is_meant(scope: Scope, call: Call) -> bool:
    """Whether the sleep happens in debug mode only."""
    tests = (block.test for _, block in scope.around(call.block) if block.kind == "if")
    return any("debug" in str(test).lower() for test in tests)


def _is_green(project: Project, task: Task) -> bool:
    running = pools(project, task)
    return bool(running) and running <= _GREEN


# --- CEL408


@rule("CEL408")
def unbounded_loop_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """Loops in tasks, and in functions they call, that nothing leaves."""
    seen: set[Span] = set()
    for task in project.running_tasks_of(module):
        for reached, loop in project.in_reach(_endless_loop, task):
            if reached.scope is not task.function and (not reached.calls or not _is_called(project, reached)):
                continue
            span = loop.span
            if reached.scope.module is not module:
                span = next((c.span for s, c in reversed(reached.calls) if s.module is module), task.span)
            if span in seen:
                continue
            seen.add(span)
            where = "" if reached.scope.module is module else f" ({project.where(reached.scope, loop.span)})"
            limit = any(effective(project.option(task, f"{kind}time_limit")) for kind in ("", "soft_"))
            until = "until its time limit ends it" if limit else "for ever"
            yield Finding(span, f"nothing leaves this loop{where}: {name(task)} holds a worker slot {until}")


def _endless_loop(project: Project, scope: Scope) -> Block | None:
    """A loop without an end in a function."""
    if scope.is_async or scope.is_generator or not any(b.kind in ("while", "for") for b in scope.blocks):
        return None
    for index, block in enumerate(scope.blocks):
        if _is_endless(project, scope, block) and not _is_left(project, scope, index):
            return block
    return None


def _is_called(project: Project, reached: Reach) -> bool:
    """Whether the scope itself is what the last call runs, and not a function nested in it."""
    scope, call = reached.calls[-1]
    return project.function(scope, call.func) is reached.scope


def _is_endless(project: Project, scope: Scope, block: Block) -> bool:
    if block.kind == "while":
        return isinstance(block.test, Const) and bool(block.test.value)
    if block.kind != "for" or not isinstance(block.test, CallRef) or block.is_async:
        return False
    return project.name(scope, scope.calls[block.test.index].func) == "itertools.count"


def _is_left(project: Project, scope: Scope, loop: int) -> bool:
    """Whether anything in the loop may leave it."""
    leaving = [*(left.block for left in scope.returns), *(left.block for left in scope.raises)]
    if any(scope.inside(block, loop) for block in leaving):
        return True
    for flow in scope.flows:
        if flow.kind == "break" and next(i for i, b in scope.around(flow.block) if b.kind in _LOOPS) == loop:
            return True
    for call in scope.calls:
        if not scope.inside(call.block, loop):
            continue
        if call.attr in _ENDS or (
            call.attr in ("retry", "replace") and project.task(scope, getattr(call.func, "base", None))
        ):
            return True
        function = project.function(scope, call.func)
        if function is not None and _raises(project, function):
            return True
    # a `try` around the loop that expects something in particular is its end: StopIteration, Empty, the soft limit
    around = project.caught(scope, scope.blocks[loop].parent)
    return any(error not in ("Exception", "BaseException", "KeyboardInterrupt", "SystemExit") for error in around)


def _raises(project: Project, function: Scope, depth: int = 2) -> bool:
    """Whether a function of the project raises anything, itself or in what it calls."""
    if function.raises:
        return True
    if depth == 0:
        return False
    called = (project.function(function, call.func) for call in function.calls)
    return any(inner is not None and inner is not function and _raises(project, inner, depth - 1) for inner in called)

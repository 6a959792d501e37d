"""Schedules of which a part is lost: entries under the same key, and schedules that replace others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..frozen import dataclass
from ..model import UNKNOWN, Attr, Call, CallRef, Const, Expr, Finding, Module, Scope
from ..per_project import per_project
from ..rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project
    from ..settings import Written


@rule("CEL707")
def schedule_overwritten(module: Module, project: Project) -> Iterator[Finding]:
    """Entries that replace an earlier one under the same key, and schedules that replace a whole one."""
    adding = Counter(scope.index for scope, _ in project.called(module, ("add_periodic_task",)))
    for position, count in adding.items():
        if count > 1:
            yield from _same_keys(project, module.scopes[position])
    for second, first, lost in replaced(project):
        if second.scope.module is module:
            where = project.where(first.scope, first.span)
            message = f"this schedule replaces that of {where}: {lost} never sent"
            yield Finding(project.spot(module, second.span, second.key), message)


# --- add_periodic_task


@dataclass(frozen=True)
class _Entry:
    """A call of `add_periodic_task`: `key` is what Celery files the entry under, `sent` what it sends."""

    call: Call
    key: tuple[object, ...]
    sent: tuple[object, ...] | None
    named: str
    shown: str


def _same_keys(project: Project, scope: Scope) -> Iterator[Finding]:
    found: dict[tuple[Expr, int, tuple[object, ...]], _Entry] = {}
    for call in scope.calls:
        if call.attr != "add_periodic_task" or not isinstance(call.func, Attr) or call.has_spread:
            continue
        entry = _entry(project, scope, call)
        if entry is None:
            continue
        place = (call.func.base, call.block, entry.key)
        first = found.get(place)
        if first is not None and not _is_repeated(scope, first, entry):
            under = f"the name `{entry.named}`" if entry.named else f"the key `{entry.shown}`"
            yield Finding(
                call.span,
                f"this entry replaces the one of line {first.call.span.line}: both have {under}, only this one is sent",
            )
        found[place] = entry


def _is_repeated(scope: Scope, first: _Entry, second: _Entry) -> bool:
    """Whether both entries say the same, so that nothing is lost."""
    return (
        first.sent is not None and first.sent == second.sent and _same(scope, first.call.args[0], second.call.args[0])
    )


def _entry(project: Project, scope: Scope, call: Call) -> _Entry | None:
    """The entry that a call adds, None where its key cannot be told."""
    if len(call.args) < 2:
        return None
    sent = _sent(project, scope, call)
    shown = _shown(sent) if sent is not None else ""
    name = call.argument(4, "name")
    if name is not None and name != Const(None):
        value = project.value(scope, name)
        return _Entry(call, ("name", value), sent, value, shown) if isinstance(value, str) else None
    return _Entry(call, ("key", *sent), sent, "", shown) if sent is not None else None


def _sent(project: Project, scope: Scope, call: Call) -> tuple[object, ...] | None:
    """Task and arguments of an entry, as Celery compares them: by the text that they have as a signature."""
    if call.argument(2, "args") is not None or call.argument(3, "kwargs") is not None:
        return None
    signature = project.signature(scope, call.args[1])
    if signature is None:
        task = project.task(scope, call.args[1])
        return (task.name,) if task is not None and task.name else None
    if signature.name is None or signature.args is None or signature.kwargs is None:
        return None
    found: list[object] = [signature.name]
    found += [(None, _text(project, signature.scope, expr)) for expr in signature.args]
    found += [(name, _text(project, signature.scope, expr)) for name, expr in signature.kwargs]
    return tuple(found) if all(not isinstance(f, tuple) or f[1] is not None for f in found) else None


def _text(project: Project, scope: Scope, expr: Expr) -> str | None:
    value = project.value(scope, expr)
    return repr(value) if isinstance(value, str | int | float | None) else None


def _shown(sent: tuple[object, ...]) -> str:
    """The key as Celery writes it: `shop.tasks.export('eu', full=True)`."""
    name, *arguments = sent
    texts = [str(a[1]) if a[0] is None else f"{a[0]}={a[1]}" for a in arguments if isinstance(a, tuple)]
    return f"{name}({', '.join(texts)})"


def _same(scope: Scope, first: Expr, second: Expr) -> bool:
    if isinstance(first, CallRef) and isinstance(second, CallRef):
        one, two = scope.calls[first.index], scope.calls[second.index]
        return (
            one.func == two.func
            and len(one.args) == len(two.args)
            and all(_same(scope, a, b) for a, b in zip(one.args, two.args, strict=True))
            and [k for k, _ in one.keywords] == [k for k, _ in two.keywords]
            and all(_same(scope, a, b) for (_, a), (_, b) in zip(one.keywords, two.keywords, strict=True))
        )
    return first == second


# --- beat_schedule


@per_project
def replaced(project: Project) -> list[tuple[Written, Written, str]]:
    """The schedules that take the place of another one, with that and what is lost by it."""
    schedules = [
        w
        for w in project.written_settings
        if w.name == "beat_schedule" and not w.conditional and isinstance(w.value, dict)
    ]
    found = []
    for written in schedules:
        for other in schedules:
            if other.app is written.app and _replaces(written, other):
                lost = _lost(other, written)
                if lost:
                    found.append((written, other, lost))
                    break
    return found


def _replaces(second: Written, first: Written) -> bool:
    """Whether a schedule surely takes the place of another: the later of two in one scope, and, of an application's
    own module, what is written to `conf` after all else."""
    if first.scope is second.scope and first.kind == second.kind:
        return first.span.line < second.span.line
    if second.kind != "conf" or second.scope.kind != "module":
        return False
    if first.kind != "conf":
        return True
    # both run when their modules are imported, one of them before the other
    return first.scope.kind == "module" and first.scope.module.path < second.scope.module.path


def _lost(first: Written, second: Written) -> str:
    """The entries that only the first has, in words."""
    if not isinstance(first.value, dict) or not isinstance(second.value, dict):
        return ""
    names = [f"`{key}`" for key in first.value if key is not UNKNOWN and key not in second.value]
    if not names:
        return ""
    shown = ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    return f"{shown} {'is' if len(names) == 1 else 'are'}"

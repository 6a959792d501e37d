"""Locks in Redis that nobody releases when their holder is killed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..knowledge.effects import REDIS_CLIENTS
from ..model import Attr, Call, Const, Expr, Finding, Format, Module, Name, Op, Scope, Task, dotted
from ..per_project import per_project
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from ..project import Project

_CLIENTS = REDIS_CLIENTS - {"django.core.cache.cache", "django.core.cache.caches[]"}
_CACHES = frozenset({"django.core.cache.cache", "django.core.cache.caches[]"})
_LOCK = re.compile(r"(?:^|[^a-z])(?:mutex|semaphore|is_?running|\w*lock(?!ed_?out|down))(?:[^a-z]|$)", re.IGNORECASE)
_LOCKING = ("lock", "Lock", "setnx", "set", "add")
_LIMITS = ("ex", "px", "exat", "pxat")
_EXPIRING = frozenset({"expire", "expireat", "pexpire", "pexpireat", "touch", "setex", "psetex", "eval", "evalsha"})
_REMOVING = frozenset({"delete", "unlink", "delete_many"})


@rule("CEL321")
def lock_without_ttl(module: Module, project: Project) -> Iterator[Finding]:
    """Locks without an expiry that tasks, or a scheduler of beat's, take."""
    likely = any(project.of_scope(_in_scope, scope) for scope in module.scopes)
    for scope, call, holder in _held(project) if likely else ():
        if scope.module is module:
            yield Finding(
                call.span,
                f"this lock never expires: when a process is killed that holds it, {holder} is locked out until "
                "somebody deletes the key",
            )


@per_project
def _held(project: Project) -> list[tuple[Scope, Call, str]]:
    found: dict[tuple[str, int, int], tuple[Scope, Call, str]] = {}
    locks = [(*lock, name(task)) for task, locks in project.of_tasks(_locks) for lock in locks]
    for scope, index, holder in (*locks, *_in_beat(project)):
        found.setdefault((scope.module.path, scope.index, index), (scope, scope.calls[index], holder))
    return list(found.values()) if found and not _cleared_at_start(project) else []


def _locks(project: Project, task: Task) -> list[tuple[Scope, int]]:
    return [lock for _, locks in project.in_reach(_in_scope, task) for lock in locks]


def _in_beat(project: Project) -> Iterator[tuple[Scope, int, str]]:
    """The locks that schedulers of beat's take."""
    for module in project.modules:
        for cls in project.of_scope(_schedulers, module.body):
            for method in cls.children:
                if method.kind == "function":
                    yield from ((*lock, f"every `{cls.name}`") for lock in _in_scope(project, method))


def _schedulers(project: Project, body: Scope) -> list[Scope]:
    """The classes of a module that derive from one of beat's."""
    classes = [cls for cls in body.module.classes if cls.bases]
    above = ((cls, [a.name for a in project.names.ancestors(cls) if a is not None]) for cls in classes)
    return [cls for cls, names in above if any(name.startswith("celery.beat.") for name in names)]


def _in_scope(project: Project, scope: Scope) -> list[tuple[Scope, int]]:
    return [
        (scope, index)
        for index, call in enumerate(scope.calls)
        if call.attr in _LOCKING and _never_expires(project, scope, call)
    ]


def _never_expires(project: Project, scope: Scope, call: Call) -> bool:
    if call.has_spread:
        return False
    called = project.name(scope, call.func) or ""
    if called in ("redis.lock.Lock", "redis.Lock"):
        return _is_unlimited(project, scope, call, 2)
    client, _, method = called.rpartition(".")
    if method == "lock" and client in REDIS_CLIENTS:
        return _is_unlimited(project, scope, call, 2 if client in _CACHES else 1)
    if call.use == "statement":
        return False  # a value that is set once
    if method == "add" and client in _CACHES:
        given = call.argument(2, "timeout")
        return given is not None and _is_none(project, scope, given) and _is_lock(scope, call)
    if client not in _CLIENTS:
        return False
    if method == "set":
        limited = any(call.keyword(key) is not None for key in _LIMITS) or len(call.args) > 2
        if limited or project.value(scope, call.keyword("nx")) is not True:
            return False
    elif method != "setnx":
        return False
    return _is_lock(scope, call)


def _is_unlimited(project: Project, scope: Scope, call: Call, position: int) -> bool:
    given = call.argument(position, "timeout")
    return given is None or _is_none(project, scope, given)


def _is_none(project: Project, scope: Scope, expr: Expr) -> bool:
    return expr == Const(None) or project.value(scope, expr) is None


def _is_lock(scope: Scope, call: Call) -> bool:
    """Whether the key that is set only where it is absent is a lock: it is deleted again, or its name says so. Silent
    where something gives it an expiry afterwards."""
    if any(other.attr in _EXPIRING for other in scope.calls):
        return False
    key = call.argument(0, "name") or call.keyword("key")
    if key is None:
        return False
    owner = scope.enclosing
    beside = [scope, *(owner.children if owner is not None else ())]
    for other in beside:
        for removing in other.calls:
            if removing.attr in _REMOVING and key in removing.args:
                return True
    return any(_LOCK.search(word) for word in _words(key))


def _words(expr: Expr) -> Iterator[str]:
    match expr:
        case Const(value=str() as text):
            yield text
        case Name() | Attr():
            yield dotted(expr) or ""
        case Format(parts=parts) | Op(operands=parts):
            for part in parts:
                yield from _words(part)
        case _:
            return


def _cleared_at_start(project: Project) -> bool:
    """Whether a receiver of Celery's signals deletes keys, as some projects do when their workers start."""
    for module in project.modules:
        for function in module.functions:
            outer = function.enclosing
            if outer is None or not any(call.attr in {*_REMOVING, "flushdb"} for call in function.calls):
                continue
            for decorator in function.decorators:
                call_ = outer.call(decorator.expr)
                signal = project.name(outer, call_.func if call_ is not None else decorator.expr) or ""
                if signal.startswith("celery.signals."):
                    return True
    return False

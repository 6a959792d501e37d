"""What a few changed files leave as it was: what was found in all other files, as long as none of them can tell.

Of a file without facts nothing is known but what its text answers to the questions that were asked of it. Of one with
facts these have to be the same, except for their places, and for constants that nobody else has a name for. Tests are
seen by nobody who does not import them.
"""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from .cache import NOT_KEPT
from .knowledge.settings import MODERN
from .memo import Memo
from .model import Assign, Const, Items, Module, Name, Op, Scope, Span
from .questions import Questions, stands_for
from .roles import PLAIN_NAMES, is_test_path
from .source import SourceError, concerns_celery, concerns_transactions, decode

if TYPE_CHECKING:
    from .cache import Entry, Store
    from .imports import ImportGraph
    from .lint import Selection
    from .model import Expr
    from .opened import Opened

MOST = 50
"""Changed files beyond which a project is looked at anew."""


def follow(opened: Opened, selection: Selection) -> Memo | None:
    """What is kept of a project as it was before some of its files changed, without what is no longer certain. None
    where there is nothing, or nothing certain. Never raises."""
    store = opened.store
    changed = _changed(opened, store) if store is not None else None
    if not changed or store is None:
        return None
    memo = Memo.of(opened, selection)
    if memo is None:
        return None
    try:
        before = memo.state = memo.state_of(opened, {path: entry.digest for path, entry in changed.items()}) or ""
    except OSError:
        return None
    questions = Questions(opened.data)
    if not before or not memo.load(opened) or not questions.load(memo.asked, memo.unread or ""):
        return None
    new = _Comparison(opened, store, questions)
    try:
        if not all(new.same(path, entry) for path, entry in changed.items()):
            return None
    except SourceError:
        return None
    new.take_over()
    try:
        memo.stamp, memo.state = memo.stamp_of(opened), memo.state_of(opened) or ""
    except OSError:
        return None
    memo.outlive(before, questions, changed, new.unseen)
    return memo if memo.state else None


def _changed(opened: Opened, store: Store) -> dict[str, Entry] | None:
    """The files whose content has changed, with what was known of each; None where they are too many, or new."""
    changed: dict[str, Entry] = {}
    for path, stat in opened.tree.python.items():
        try:
            known = store.lookup(path, stat, lambda path=path: opened.data(path))  # type: ignore[misc]
        except SourceError:
            return None
        if known is None:
            before = store.known(path)
            if before is None or before.error is not None or len(changed) == MOST:
                return None
            changed[path] = before
    return changed


class _Comparison:
    """`unseen` are the files in which there is nothing to be found, neither now nor before."""

    def __init__(self, opened: Opened, store: Store, questions: Questions) -> None:
        self._opened = opened
        self._store = store
        self._questions = questions
        self._new: dict[str, tuple[bytes, Module | None, bool]] = {}
        self.unseen: set[str] = set()

    def same(self, path: str, before: Entry) -> bool:
        """Whether nothing that is said of other files can be different by the change of this one. Raises
        SourceError."""
        data = self._opened.data(path)
        concerns = concerns_celery(data)
        # what is merely called like a test may be the program
        test = is_test_path(path) and posixpath.basename(path) not in PLAIN_NAMES
        if test and path in self._questions.tests:
            return False
        if not test and (concerns is not before.concerns or concerns_transactions(data) is not before.transactions):
            return False
        if not self._questions.holds(path, data, silent=not concerns) or not self._imports_same(path):
            return False
        module = None
        if before.packed and not test:
            known = before.facts
            if known is None:
                return False
            from .slices import facts_of

            module = facts_of(decode(path, data), concerns=concerns)
            if not self._facts_same(known, module):
                return False
        if not before.packed or test:
            self.unseen.add(path)
        self._new[path] = (data, module, concerns)
        return True

    def take_over(self) -> None:
        """Keep what is known now of the files that have changed."""
        for path, (data, module, concerns) in self._new.items():
            stat = self._opened.tree.python[path]
            transactions = concerns_transactions(data)
            self._store.put(path, stat, data, concerns=concerns, facts=module, transactions=transactions)
        self._store.save()

    def _imports_same(self, path: str) -> bool:
        known = self._questions.imported.get(path)
        return known is None or stands_for(self._imports.of(path)) == known

    @cached_property
    def _imports(self) -> ImportGraph:
        from .index import Index

        return Index(self._opened.root, self._opened.tree, None).imports

    def _facts_same(self, before: Module, now: Module) -> bool:
        if len(before.scopes) != len(now.scopes):
            return False
        if not all(_same(a, b) for a, b in zip(before.scopes[1:], now.scopes[1:], strict=True)):
            return False
        old, new = before.body, now.body
        if not _same(replace(old, assigns=()), replace(new, assigns=())):
            return False
        gone, come = _private(old), _private(new)
        rest = [[a for a in body.assigns if _key(a) not in private] for body, private in ((old, gone), (new, come))]
        if not _same(tuple(rest[0]), tuple(rest[1])):
            return False
        differing = (gone - come) + (come - gone)
        return not differing or self._unknown({name for name, _ in differing}, before, now)

    def _unknown(self, names: set[str], *versions: Module) -> bool:
        """Whether nobody but who assigns the names can know them."""
        path = versions[0].path
        if path in self._questions.configuring or any(_is_setting(name) for name in names):
            return False
        for module in versions:
            for scope in module.scopes:
                if not names.isdisjoint(scope.globals):
                    return False
                kept = tuple(a for a in scope.assigns if not (isinstance(a.target, Name) and a.target.id in names))
                if scope.index == 0 and any(a.block != -1 for a in scope.assigns if a not in kept):
                    return False
                shown = repr(replace(scope, assigns=kept))
                if any(name in shown for name in names):
                    return False
        words = [json.dumps(name)[1:-1].encode("ascii") for name in names]
        others = self._store.packed(path)
        return not any(packed == NOT_KEPT or any(word in packed for word in words) for packed in others)


def _private(body: Scope) -> Counter[tuple[str, Expr]]:
    """The constants that a module's body assigns, with their values."""
    return Counter(key for assign in body.assigns if (key := _key(assign)) is not None)


def _key(assign: Assign) -> tuple[str, Expr] | None:
    if not isinstance(assign.target, Name) or assign.operator != "=" or assign.block != -1:
        return None
    return (assign.target.id, assign.value) if _is_constant(assign.value) else None


def _is_constant(value: Expr) -> bool:
    if isinstance(value, Items):
        return all(map(_is_constant, value.items))
    if isinstance(value, Op):
        return all(map(_is_constant, value.operands))
    return isinstance(value, Const)


def _is_setting(name: str) -> bool:
    """Whether a name may be that of a setting, or of beat's schedule, with whatever stands before it."""
    lowered = name.lower()
    return "schedule" in lowered or "celery" in lowered or any(lowered.endswith(known) for known in MODERN)


def _same(one: object, other: object) -> bool:
    """Whether facts are equal but for their places."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Span):
        return True
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if is_dataclass(one) and not isinstance(one, type):
        names = (f.name for f in fields(one) if f.init)
        return all(_same(getattr(one, name), getattr(other, name)) for name in names)
    return one == other


__all__ = ["MOST", "follow"]

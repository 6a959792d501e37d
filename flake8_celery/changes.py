"""What a few changed files leave as it was: what was found in all other files, as long as none of them can tell.

Of a file without facts nothing is known but what its text answers to the questions that were asked of it. Of one with
facts these have to be the same, except for their places, and for constants that nobody else has a name for; without a
word of Celery it may have other functions, too, that nobody else has a name for. Tests are seen by nobody who does not
import them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from .cache_file import NOT_KEPT
from .kept_names import in_facts, named
from .questions import Questions, stands_for
from .roles import PLAIN_NAMES, is_test_path
from .sought import likely
from .source import SourceError, concerns_celery, concerns_transactions, decode, names_settings, read

if TYPE_CHECKING:
    from .alike import Alike
    from .cache import Store
    from .cache_file import Entry
    from .diagnostics import Diagnostic
    from .imports import ImportGraph
    from .memo import Memo
    from .model import Module
    from .opened import Opened
    from .place import Span

MOST = 50
"""Changed files beyond which a project is looked at anew."""
_LINE = re.compile(r"\blines? \d")
"""A place in the same file, as messages have it."""


class Change(NamedTuple):
    """What a change of one file means for what was found. `places` are where its facts stand now, those from line
    `moved` on; None where nobody knows. With `unseen` nothing was found in the file, nor can be; without `certain`
    something else than before may be."""

    path: str
    places: Mapping[Span, Span] | None = None
    moved: int = 1
    unseen: bool = False
    certain: bool = False

    def own(self, found: list[Diagnostic]) -> list[Diagnostic] | None:
        """What is found in the file now, by what was found before; None where that cannot be told."""
        if self.unseen or (self.certain and not self.moved):
            return found
        if not self.certain:
            return None
        moved = []
        for diagnostic in found:
            at = self.place(diagnostic.span)
            texts = (diagnostic.message, diagnostic.remedy, diagnostic.cure)
            if at is None or any(map(_LINE.search, texts)):
                return None
            moved.append(replace(diagnostic, span=at))
        return self.said(moved)

    def said(self, found: list[Diagnostic]) -> list[Diagnostic] | None:
        """Findings in whose texts places of the file are what they are now; None where that cannot be told."""
        if not self.moved or not any(self.path in t for d in found for t in (d.message, d.remedy, d.cure)):
            return found
        if self.places is None:
            return None
        try:
            return [
                replace(d, message=self._said(d.message), remedy=self._said(d.remedy), cure=self._said(d.cure))
                for d in found
            ]
        except LookupError:
            return None

    def _said(self, text: str) -> str:
        """A text in which lines of the file are what they are now. Raises LookupError."""
        return re.sub(rf"(?<![\w/.-])({re.escape(self.path)}:)(\d+)", lambda m: f"{m[1]}{self._line(int(m[2]))}", text)

    def _line(self, number: int) -> int:
        """Where what stood in a line stands now. Raises LookupError where that cannot be told."""
        if number < self.moved:
            return number
        lines = {new.line for old, new in (self.places or {}).items() if old.line == number}
        if len(lines) != 1:
            raise LookupError(number)
        return lines.pop()

    def place(self, span: Span) -> Span | None:
        """Where the facts stand now that stood there; None where that cannot be told."""
        if not self.moved or span.end_line < self.moved:
            return span
        return self.places.get(span) if self.places is not None else None


def follow(opened: Opened, memo: Memo) -> Memo | None:
    """What is kept of a project as it was before some of its files changed, without what is no longer certain. None
    where there is nothing, or nothing certain. Never raises."""
    store = opened.store
    changed = _changed(memo, store) if store is not None else None
    if not changed or store is None:
        return None
    before = memo.state = memo.state_of({path: entry.digest for path, entry in changed.items()})
    questions = Questions(opened.data)
    if not memo.load(opened) or not questions.load(memo.asked, memo.unread or ""):
        return None
    new = _Comparison(opened, store, questions)
    try:
        changes = {path: change for path, entry in changed.items() if (change := new.of(path, entry)) is not None}
    except SourceError:
        return None
    if len(changes) < len(changed):
        return None
    memo.state = memo.state_of(new.take_over())
    memo.outlive(before, questions, changes)
    return memo


def imagine(opened: Opened, memo: Memo, texts: Mapping[str, bytes]) -> Memo | None:
    """What is kept of a project, as far as it is certain with these texts in the place of those on disk, as `opened`
    has them; `memo` tells of the project without them. None where nothing is. Never raises."""
    store = opened.store
    if store is None or not memo.loaded:
        return None
    questions = Questions(opened.data)
    if memo.questions is not None:
        questions.absorb(memo.questions.packed())
    elif not questions.load(memo.asked, memo.unread or ""):
        return None
    new = _Comparison(opened, store, questions)
    changes: dict[str, Change] = {}
    for path in texts:
        try:
            stat = opened.tree.python.get(path)
            before = store.lookup(path, stat, lambda path=path: read(opened.root / path)) if stat else None  # type: ignore[misc]
            change = new.of(path, before) if before is not None and before.error is None else None
        except SourceError:
            return None
        if change is None:
            return None
        changes[path] = change
    imagined = replace(memo, found=dict(memo.found))
    imagined.outlive(memo.state, questions, changes)
    return imagined


def _changed(memo: Memo, store: Store) -> dict[str, Entry] | None:
    """The files whose content has changed, with what was known of each; None where they are too many, or new."""
    changed: dict[str, Entry] = {}
    for path in [path for path, content in memo.contents.items() if content is None]:
        before = store.known(path)
        if before is None or before.error is not None or len(changed) == MOST:
            return None
        changed[path] = before
    return changed


class _Comparison:
    """Compares files, as `opened` has them, with what was known of them."""

    def __init__(self, opened: Opened, store: Store, questions: Questions) -> None:
        self._opened = opened
        self._store = store
        self._questions = questions
        self._new: dict[str, tuple[bytes, bytes, bool]] = {}

    def of(self, path: str, before: Entry) -> Change | None:
        """What the change of a file means; None where something that is said of other files can be different by it.
        Raises SourceError."""
        data = self._opened.data(path)
        concerns = concerns_celery(data)
        # what is merely called like a test may be the program
        test = is_test_path(path) and posixpath.basename(path) not in PLAIN_NAMES
        if path in self._questions.tests and (test or not before.length):
            return None
        if not test and (concerns is not before.concerns or concerns_transactions(data) is not before.transactions):
            return None
        has_facts = bool(before.length) and not test
        if not self._questions.holds(path, data, silent=not concerns, alike=has_facts):
            return None
        if not has_facts and not test and self._may_call(path, data):
            return None  # what nobody has read may be between a transaction and what is sent in it now
        if not self._imports_same(path):
            return None
        if test:
            decode(path, data)  # which is all that is done with it
        elif not before.length and names_settings(data):
            return None  # what nobody has read may be a configuration now
        if not has_facts:
            self._new[path] = data, b"", concerns
            return Change(path, unseen=True)
        found = self._alike(path, data, before, concerns)
        if found is None:
            return None
        alike, packed = found
        self._new[path] = data, packed, concerns
        # what a rule has read in the text of the file itself may be anything
        certain = path not in self._questions.own and not alike.has_text
        return self._asked_again(Change(path, alike.places, alike.moved, certain=certain), data)

    def _asked_again(self, change: Change, data: bytes) -> Change | None:
        """The change with the places that rules have looked up in the text of the file, by what it says now; None where
        comments say something else."""
        from .comments import comments_on, lines_of
        from .spots import spot

        path, places, lines = change.path, dict(change.places or {}), lines_of(data)
        certain, first = change.certain, [change.moved] * bool(change.moved)
        spots: dict[tuple[Span, str], Span] = {}
        for (around, key), before in self._questions.spots.pop(path, {}).items():
            at = change.place(around)
            if at is None:
                certain = False
                continue
            now = spots[at, key] = spot(path, data, at, key)
            certain = certain and places.setdefault(before, now) == now
            first += [before.line] * (now != before)
        comments: dict[Span, list[str]] = {}
        for around, said in self._questions.comments.pop(path, {}).items():
            at = change.place(around)
            if at is None or list(comments_on(lines, at)) != said:
                return None
            comments[at] = said
        self._questions.spots[path], self._questions.comments[path] = spots, comments
        return change._replace(places=places, moved=min(first, default=0), certain=certain)

    def take_over(self) -> dict[str, str]:
        """Keep what is known now of the files that have changed; what stands for their content."""
        for path, (data, packed, concerns) in self._new.items():
            stat = self._opened.tree.python[path]
            transactions = concerns_transactions(data)
            self._store.put(path, stat, data, concerns=concerns, packed=packed, transactions=transactions)
        self._store.save()
        return {path: entry.digest for path in self._new if (entry := self._store.known(path)) is not None}

    def _alike(self, path: str, data: bytes, before: Entry, concerns: bool) -> tuple[Alike, bytes] | None:
        """How its facts compare with those of before, and these as they are kept; None where they say something
        else."""
        from .alike import Alike
        from .slices import facts_of

        now = facts_of(decode(path, data), concerns=concerns, by_libcst=before.by_libcst)
        try:
            alike = Alike(before.packed, now)
            if alike.same():
                return (alike, alike.packed()) if not self._may_be_known(path, alike) else None
            return self._of_the_others(path, data, before, now) if not concerns and not before.transactions else None
        except (ValueError, RecursionError):
            return None

    def _of_the_others(self, path: str, data: bytes, before: Entry, now: Module) -> tuple[Alike, bytes] | None:
        """The same, of a file without a word of Celery, for what is left without functions that nobody else knows."""
        from .alike import Alike
        from .packing import restore, store
        from .unnamed import without_unnamed

        questions = self._questions
        if path in questions.configuring or questions.has_found_silently(path):
            return None
        if not questions.holds(path, data, silent=True):
            return None
        called = {word for sought in questions.sought for word in (sought.name, sought.method)}
        left = without_unnamed(restore(before.packed), now, lambda names: self._are_known(path, names), called)
        if left is None:
            return None
        alike = Alike(store(left[0], {}), left[1])
        return (alike, store(now, {})) if alike.same() and not self._may_be_known(path, alike) else None

    def _are_known(self, path: str, names: Collection[str]) -> bool:
        """Whether any other file may have one of these names."""
        words = in_facts(names)
        others = self._store.naming(words, without=path)
        return NOT_KEPT in others or named(words, others)

    def _may_be_known(self, path: str, alike: Alike) -> bool:
        """Whether anybody else may know what only one of the two texts of a file has."""
        if not alike.private:
            return False
        if path in self._questions.configuring:
            return True
        others = self._store.naming(in_facts(alike.private), without=path)
        return NOT_KEPT in others or alike.is_known(others)

    def _may_call(self, path: str, data: bytes) -> bool:
        """Whether a file may call what such files were looked for."""
        sought = likely(path, data, self._questions.sought)
        if not sought:
            return False
        from .importers import Importers

        return any(map(Importers([path], lambda _: data).of, sought))

    def _imports_same(self, path: str) -> bool:
        known = self._questions.imported.get(path)
        return known is None or stands_for(self._imports.of(path)) == known

    @cached_property
    def _imports(self) -> ImportGraph:
        from .imports import ImportGraph

        return ImportGraph(self._opened.tree, self._opened.data, Questions(self._opened.data))


__all__ = ["MOST", "Change", "follow", "imagine"]

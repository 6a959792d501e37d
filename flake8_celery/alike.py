"""Whether facts of a file say the same as those of an earlier text of it, but for places and what only they name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass, replace

from .kept_names import as_words, in_facts, may_be_setting, named
from .model import Assign, Const, Expr, Items, Module, Name, Op, Scope
from .packing import restore, store, texts
from .place import Span


class Alike:
    """Two versions of a module, the one from before as it was stored. Raises ValueError where it was not, or where the
    facts of the other one cannot be stored; what is asked of them raises RecursionError where facts are too deep.

    `private` are the names of constants that one of them has, with that value, and the other has not. `places` are
    places of the old facts and where the same facts stand now, without those that may be either.
    """

    def __init__(self, packed: bytes, now: Module) -> None:
        self._packed = texts(packed)
        self._new = texts(store(now, {}))
        self._before = restore(packed)
        self._now = now
        self.places: dict[Span, Span] = {}
        self._unclear: set[Span] = set()
        self.private: set[str] = set()
        self.has_text = False
        """Whether one of these constants holds a text, which may mean something whatever its name is."""

    def same(self) -> bool:
        """Whether they are alike."""
        if self._packed[0] != self._new[0]:
            return False
        pairs = zip(self._before.scopes, self._now.scopes, self._packed[3:], self._new[3:], strict=True)
        found = all(one == other or self._scopes(old, new) for old, new, one, other in pairs)
        for span in self._unclear:
            del self.places[span]
        return found

    @property
    def moved(self) -> int:
        """The first line from which something has moved, 0 where nothing has."""
        lines = [old.line for old, new in self.places.items() if old != new]
        return min([*lines, *(span.line for span in self._unclear)], default=0)

    def packed(self) -> bytes:
        """The facts for the cache. What was derived of the old ones holds where nothing but places has changed."""
        lines = list(self._new)
        if not self.private:
            lines[2] = self._packed[2]
        return b"\n".join(lines)

    def is_known(self, others: Iterable[bytes]) -> bool:
        """Whether anybody else may know one of the names, in this module or in stored ones."""
        if any(map(may_be_setting, self.private)):
            return True
        words = in_facts(self.private)
        # all but what the module's own body does
        if named(words, (self._packed[0], *self._packed[4:], *self._new[4:])):
            return True
        own = re.compile(as_words(self.private))
        for body in (self._before.scopes[0], self._now.scopes[0]):
            kept = tuple(a for a in body.assigns if not (isinstance(a.target, Name) and a.target.id in self.private))
            if any(a.block != -1 for a in body.assigns if a not in kept):
                return True
            if own.search(repr(replace(body, assigns=kept))) is not None:
                return True
        return named(words, others)

    def _scopes(self, old: Scope, new: Scope) -> bool:
        if old.index:
            return self._same(old, new)
        gone, come = _constants(old), _constants(new)
        differing = {*(gone - come), *(come - gone)}
        self.private = {name for name, _ in differing}
        self.has_text = any(_holds_text(value) for _, value in differing)

        def is_private(assign: Assign) -> bool:
            known = _constant(assign)
            return known is not None and known[0] in self.private

        kept = [replace(b, assigns=tuple(a for a in b.assigns if not is_private(a))) for b in (old, new)]
        return self._same(*kept)

    def _same(self, one: object, other: object) -> bool:
        return same(one, other, self._note)

    def _note(self, old: Span, new: Span) -> None:
        if self.places.setdefault(old, new) != new:
            self._unclear.add(old)


def same(one: object, other: object, moved: Callable[[Span, Span], None]) -> bool:
    """Whether facts are the same but for their places, of which `moved` is told: where they are in the one and in the
    other."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Span):
        assert isinstance(other, Span)
        moved(one, other)
        return True
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(same(a, b, moved) for a, b in zip(one, other, strict=True))
    if not is_dataclass(one):
        return one == other
    return all(same(getattr(one, name), getattr(other, name), moved) for name in _init_fields(one))


def _init_fields(fact: object) -> tuple[str, ...]:
    """The names of what a fact is made of, which dataclasses keep for `match`."""
    names: tuple[str, ...] = getattr(fact, "__match_args__", ())
    return names


def _constants(body: Scope) -> Counter[tuple[str, Expr]]:
    """The constants that a module's body assigns, with their values."""
    return Counter(known for assign in body.assigns if (known := _constant(assign)) is not None)


def _constant(assign: Assign) -> tuple[str, Expr] | None:
    if not isinstance(assign.target, Name) or assign.operator != "=" or assign.block != -1:
        return None
    return (assign.target.id, assign.value) if _is_constant(assign.value) else None


def _is_constant(value: Expr) -> bool:
    if isinstance(value, Items):
        return all(map(_is_constant, value.items))
    if isinstance(value, Op):
        return all(map(_is_constant, value.operands))
    return isinstance(value, Const)


def _holds_text(value: Expr) -> bool:
    """Whether a constant is a text, or is made of any."""
    parts = value.items if isinstance(value, Items) else value.operands if isinstance(value, Op) else ()
    return (isinstance(value, Const) and isinstance(value.value, str)) or any(map(_holds_text, parts))

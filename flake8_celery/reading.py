"""Which files were read for an answer, so that answers can outlive a change of another file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Generic, ParamSpec, Protocol, TypeVar

from .model import Module

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")
P = ParamSpec("P")

CUT = 1
"""What stands for answers that were cut short, by a cycle or by their depth: they depend on who asked."""


class Reads:
    """Files are bits of a number: to unite what two answers have read costs next to nothing.

    Answers are made within each other: what is read for the inner one is read for the outer one, too. `now` is what has
    been read for the answer that is being made.
    """

    def __init__(self) -> None:
        self._bits: dict[str, int] = {}
        self.now = 0

    def read(self, module: Module | None) -> None:
        """The facts of a module are read."""
        if module is not None:
            self.now |= self.bit(module.path)

    def bit(self, path: str) -> int:
        """The number of a file."""
        bit = self._bits.get(path)
        if bit is None:
            bit = self._bits[path] = 2 << len(self._bits)
        return bit

    def paths(self, read: int = -1) -> set[str]:
        """The files of a number, or all that were ever read."""
        return {path for path, bit in self._bits.items() if bit & read}


class Derived(Protocol):
    """What a function tells of a module by nothing but its facts, so that it need not be asked again of the same."""

    def __call__(self, of: Callable[[Module], T], module: Module, /) -> T: ...


class Kept(Generic[K, V]):
    """Answers by their keys, each with what was read for it."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self.known: dict[K, tuple[V, int]] = {}
        """The answers, each with what was read: who looks here instead of asking `get` notes that itself."""
        self._readers: defaultdict[int, list[K]] = defaultdict(list)

    def get(self, key: K, answer: Callable[P, V], *args: P.args, **more: P.kwargs) -> V:
        """What `answer` gives; it is asked once, until one of the files that it reads has changed."""
        reads = self._reads
        known = self.known.get(key)
        if known is not None:
            reads.now |= known[1]
            return known[0]
        outer, reads.now = reads.now, 0
        try:
            found = answer(*args, **more)
        finally:
            read = reads.now
            reads.now = outer | read
        self._readers[read].append(key)
        self.known[key] = (found, read)
        return found

    def forget(self, gone: int) -> None:
        """Drop the answers for which any of these files was read."""
        for read in [read for read in self._readers if read & gone]:
            for key in self._readers.pop(read):
                self.known.pop(key, None)


__all__ = ["CUT", "Derived", "Kept", "Reads"]

"""A process beside this one that reads the files of a project: trees, and what it takes to make them, never come into
the one that asks the rules, which would keep their room until it ends."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from . import forks
from .roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from .cache import Store
    from .index import Index

_AT_ONCE = 50
"""Files that are read between two looks at how far it is."""


class Reader:
    """Reads the files of `index` for the process that makes it, the only one that may ask, until it is ended. Raises
    OSError where there can be none. Whatever goes wrong with it, files are read here."""

    def __init__(self, index: Index, store: Store) -> None:
        # what both processes need is imported, and written, once
        from . import outlines, packing

        outlines.prepare()
        packing.prepare()
        self._index = index
        self._store = store
        self._paths = sorted(index.tree.python)
        self._own = os.getpid()
        self._beside: forks.Asked | None = forks.Asked(self._answer)

    def scan(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Have all read that `Index.scan` reads, what opens transactions, and deployment files; whether it is kept on
        disk now, from where the store has to be reloaded."""
        total = len(self._paths)
        for first in range(0, total, _AT_ONCE):
            if progress is not None:
                progress(first, total)
            if self._ask(first) is None:
                return False
        return self._ask(None) is True

    def take(self, path: str) -> bool:
        """Have a file read; whether the store knows now what it says."""
        told = self._ask(path)
        if not isinstance(told, str):
            return False
        try:
            self._store.absorb(told.encode("ascii"))
        except Exception:  # noqa: BLE001  # whatever is wrong with it, the file is read here
            return False
        return True

    def put(self, path: str) -> None:
        """Nobody else asks for what is read here."""

    def end(self) -> None:
        """Nothing of the process is left."""
        if self._beside is not None and os.getpid() == self._own:
            self._beside.end()
        self._beside = None

    def _ask(self, question: int | str | None) -> object:
        """The answer to the number of a first file, a path, or None; None where there is no answer."""
        if self._beside is None or os.getpid() != self._own:
            return None
        try:
            return json.loads(self._beside.ask(json.dumps(question).encode("ascii")))
        except (OSError, ValueError):
            self.end()
            return None
        except BaseException:  # who asks again would get the answer to this question
            self.end()
            raise

    # --- in the other process

    def _answer(self, question: bytes) -> bytes:
        asked = json.loads(question)
        said: object = True
        if asked is None:
            said = self._save()
        elif isinstance(asked, int):
            for path in self._paths[asked : asked + _AT_ONCE]:
                self._read(path)
        else:
            self._index.module(asked)
            self._index.drop(asked)
            said = self._store.dump([asked]).decode("ascii")
        return json.dumps(said).encode("ascii")

    def _read(self, path: str) -> None:
        index = self._index
        if not index.read(path) and not is_test_path(path) and index.concerns_transactions(path):
            index.module(path)
        index.drop(path)

    def _save(self) -> bool:
        """Keep what was read; whether that could be done."""
        _ = self._index.deployment
        return self._store.save() or not self._store.changed

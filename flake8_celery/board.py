"""Where processes that work on the same project at the same time put the facts that they have read, so that a file is
read once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from .hashing import blake2b

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .cache import Store


class Board:
    """A folder for as long as it is entered, with a file for each that was read. Raises OSError where there can be
    none."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = tempfile.TemporaryDirectory(prefix="flake8-celery-")
        self._own: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def take(self, path: str) -> bool:
        """Whether another process has put up what is known of a file: the store knows it then."""
        return self._absorb(os.path.join(self._folder.name, _name(path)))

    def put(self, path: str) -> None:
        """Put up what the store knows of a file."""
        place = os.path.join(self._folder.name, _name(path))
        draft = f"{place}.{os.getpid()}"
        with suppress(OSError, ValueError):
            with open(draft, "wb") as file:
                file.write(self._store.dump([path]))
            os.replace(draft, place)
            self._own.add(os.path.basename(place))

    def absorb(self) -> None:
        """Let the store know all that other processes have put up."""
        for name in self._names():
            self._absorb(os.path.join(self._folder.name, name))

    def _names(self) -> Iterator[str]:
        with suppress(OSError):
            yield from (name for name in os.listdir(self._folder.name) if name not in self._own and "." not in name)

    def _absorb(self, place: str) -> bool:
        try:
            with open(place, "rb") as file:
                self._store.absorb(file.read())
        except Exception:  # noqa: BLE001  # whatever is wrong with it, the file is read here
            return False
        return True


def _name(path: str) -> str:
    return blake2b(path.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

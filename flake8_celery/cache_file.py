"""What a cache file holds: a line of JSON that says whose it is, one that lists files, and the facts of each.

A file that goes with another one has only what was learned since; it names that one's number. No code is ever executed
from a cache file. Facts are read when somebody asks for them.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .garbage import uncollected

if TYPE_CHECKING:
    from pathlib import Path

    from .model import Deployment, Module

NOT_KEPT = b"?"
"""In the place of facts that cannot be packed, or be read any more."""
_TOO_LARGE = 1 << 30
_LONGEST = 1 << 16
"""Bytes of the first line."""
_AT_ONCE = 1 << 18
"""Bytes that are read at once."""

T = TypeVar("T")


class _Body:
    """The facts in a cache file, `size` bytes of it. It stays open for as long as they may be asked for: another
    process may replace it meanwhile, and all of them take more room than those that are."""

    def __init__(self, checksum: int, size: int, *, data: bytes | None = None, file: int = -1, offset: int = 0) -> None:
        self._checksum = checksum
        self._size = size
        self._data = data
        self._file = file
        self._offset = offset
        self._checked = False
        self._asked: tuple[frozenset[bytes], bool] = frozenset(), False
        if sys.platform == "win32" and file >= 0:  # where an open file cannot be replaced
            self._read()

    def at(self, offset: int, length: int) -> bytes:
        """A part of it; `NOT_KEPT` where it cannot be read."""
        if self._data is None and not self._checked:
            self._check()
        data = b""
        if self._data is not None:
            data = self._data[offset : offset + length]
        else:
            with contextlib.suppress(OSError, MemoryError):
                data = b"".join(_parts(self._file, self._offset + offset, length))
        return data if len(data) == length else NOT_KEPT

    def may_have(self, words: Collection[bytes]) -> bool:
        """Whether one of the words may stand anywhere in it."""
        known = frozenset(words)
        if known != self._asked[0]:
            data = self._all()
            self._asked = known, not data or any(word in data for word in known)
        return self._asked[1]

    def _all(self) -> bytes:
        """All of it; nothing where it cannot be read."""
        if self._data is not None:
            return self._data
        data = b""
        with contextlib.suppress(OSError, MemoryError):
            data = b"".join(_parts(self._file, self._offset, self._size))
        return data if self._holds(zlib.crc32(data)) else b""

    def _check(self) -> None:
        """See whether all of it is as it was written."""
        checksum = 0
        with contextlib.suppress(OSError, MemoryError):
            for part in _parts(self._file, self._offset, self._size):
                checksum = zlib.crc32(part, checksum)
        self._holds(checksum)

    def _holds(self, checksum: int) -> bool:
        """Whether it is as it was written, by its checksum; nothing of it counts where it is not."""
        self._checked = True
        if checksum != self._checksum:
            self._data = b""
            self._close()
        return checksum == self._checksum

    def _read(self) -> None:
        data = b""
        with contextlib.suppress(OSError, MemoryError):
            os.lseek(self._file, self._offset, os.SEEK_SET)
            data = b"".join(iter(lambda: os.read(self._file, _AT_ONCE), b""))
        self._close()
        self._data = data if zlib.crc32(data) == self._checksum else b""

    def _close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            with contextlib.suppress(OSError):
                os.close(file)

    def __del__(self) -> None:
        self._close()


@dataclass(slots=True)
class Entry:
    """What is known about one file. `error` is (line, message) of a file that cannot be read or parsed; `settings`
    tells of one that does not concern Celery whether it may be a configuration all the same. `place` is where its facts
    stand in a cache file, None where they are `held`."""

    mtime: int
    size: int
    digest: str
    concerns: bool
    error: tuple[int, str] | None = None
    held: bytes = b""
    transactions: bool = False
    settings: bool = False
    place: tuple[_Body, int, int] | None = None

    @property
    def length(self) -> int:
        """The bytes of its facts, 0 where it was not read for any."""
        return self.place[2] if self.place is not None else len(self.held)

    @property
    def packed(self) -> bytes:
        """Its facts as they are kept."""
        if self.place is None:
            return self.held
        body, offset, length = self.place
        return body.at(offset, length)

    def may_have(self, words: Collection[bytes]) -> bool:
        """Whether one of the words may stand in its facts; nobody can tell where these are `NOT_KEPT`."""
        if self.length == len(NOT_KEPT):
            return True
        return any(word in self.held for word in words) if self.place is None else self.place[0].may_have(words)

    @property
    def facts(self) -> Module | None:
        """The facts, decoded anew at each call; None where none are kept (or cannot be read)."""
        packed = self.packed
        if not packed:
            return None
        from .packing import restore

        with uncollected():
            try:
                return restore(packed)
            except (ValueError, RecursionError):
                return None

    @property
    def by_libcst(self) -> frozenset[str]:
        """What stands for the statements of which libcst has made these facts."""
        from .packing import by_libcst

        return by_libcst(self.packed)

    @property
    def deployment(self) -> Deployment | None:
        """What a deployment file says, decoded anew at each call; None where that is not kept (or cannot be read)."""
        packed = self.packed
        if not packed:
            return None
        from .model import Deployment
        from .packing import unpack

        try:
            found = unpack(json.loads(packed))
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, Deployment) else None


def _parts(file: int, offset: int, size: int) -> Iterator[bytes]:
    """What a file holds from there on, `size` bytes or what there is of them. A process that was forked off may be
    reading it, too, and has the same position in it: that is not used."""
    while size and (part := os.pread(file, min(size, _AT_ONCE), offset)):
        yield part
        offset += len(part)
        size -= len(part)


def pieces(header: list[object], number: str, over: str, entries: Mapping[str, Entry]) -> Iterator[bytes]:
    """What a cache file holds, bit by bit: the whole is as large as all facts. `over` is the number of the file that it
    goes with. Raises ValueError, and OSError where facts could be had for their checksum only."""
    listed = {}
    checksum, size = 0, 0
    for path, e in entries.items():
        facts = e.packed
        listed[path] = [e.mtime, e.size, e.digest, e.concerns, e.transactions, e.settings, e.error, len(facts)]
        checksum, size = zlib.crc32(facts, checksum), size + len(facts)
    listing = _line(listed)
    yield _line([header, number, over, [zlib.crc32(listing), len(listing), checksum, size]])
    yield listing
    written = 0
    for entry in entries.values():
        facts = entry.packed
        written = zlib.crc32(facts, written)
        yield facts
    if written != checksum:
        raise OSError("facts that can no longer be read")


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def read(path: Path, header: list[object], over: str = "") -> tuple[str, dict[str, Entry]]:
    """The number of a cache file, and what is in it. Raises an exception of any kind where it is not one with this
    header that goes with the file of that number."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(handle).st_size
        if size > _TOO_LARGE:
            raise ValueError("too large")
        with os.fdopen(handle, "rb", closefd=False) as file:
            first = file.readline(_LONGEST)
            number, sums = _told(first, header, over)
            listing = file.read(sums[1])
    except BaseException:
        os.close(handle)
        raise
    rest = size - len(first) - len(listing)
    body = _Body(sums[2], rest, file=handle, offset=len(first) + sums[1])
    return number, _entries(sums, listing, rest, body)


def decode(data: bytes, header: list[object]) -> dict[str, Entry]:
    """What is in a cache file that goes with no other, given as a whole. Raises an exception of any kind where that is
    none with this header."""
    first = data[: data.index(b"\n") + 1]
    _, sums = _told(first, header, "")
    facts = len(first) + sums[1]
    body = _Body(sums[2], len(data) - facts, data=data[facts:])
    if zlib.crc32(data[facts:]) != sums[2]:
        raise ValueError("damaged")
    return _entries(sums, data[len(first) : facts], len(data) - facts, body)


def _told(first: bytes, header: list[object], over: str) -> tuple[str, list[int]]:
    """What the first line says: the number, and checksum and length of the listing and of the facts."""
    known, number, under, sums = json.loads(first)
    if known != header or under != over or len(sums) != 4:
        raise ValueError("not our cache")
    return _typed(number, str), [_typed(each, int) for each in sums]


def _entries(sums: list[int], listing: bytes, rest: int, body: _Body) -> dict[str, Entry]:
    """What the listing says of the facts that follow it in `rest` bytes."""
    if [zlib.crc32(listing), len(listing), rest] != [sums[0], sums[1], sums[3]]:
        raise ValueError("damaged")
    entries: dict[str, Entry] = {}
    offset = 0
    for path, (mtime, size, digest, concerns, transactions, settings, failure, length) in json.loads(listing).items():
        error = None
        if failure is not None:
            line, message = failure
            error = (_typed(line, int), _typed(message, str))
        if not (type(mtime) is type(size) is type(length) is int and type(digest) is str and length >= 0):
            raise ValueError("not an entry")
        if not type(concerns) is type(transactions) is type(settings) is bool:
            raise ValueError("not an entry")
        place = (body, offset, length) if length else None
        entries[path] = Entry(mtime, size, digest, concerns, error, b"", transactions, settings, place)
        offset += length
    if offset != rest:
        raise ValueError("damaged")
    return entries


def _typed(value: object, cls: type[T]) -> T:
    if type(value) is not cls:
        raise ValueError("not an entry")
    return value

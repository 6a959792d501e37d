"""The facts of a project's files, kept on disk between runs.

A cache file is a line of JSON that lists the files, followed by one line of JSON for the facts of each. No code is ever
executed from it, and whatever is wrong with it makes it an empty one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import time
import types
import typing
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path

from . import __version__, model

# --- facts as lists ---------------------------------------------------------------------------------------------------

_Coder = Callable[[typing.Any], typing.Any]


class _Codec:
    """Coders for the types that occur in the facts, made from the annotations of `model`.

    A dataclass becomes the list of its fields, after its number where the type is a union; a tuple becomes a list.
    Decoding checks every type, so that a foreign list cannot become a fact.
    """

    def __init__(self) -> None:
        self.coders: dict[object, tuple[_Coder, _Coder]] = {}

    def of(self, hint: object) -> tuple[_Coder, _Coder]:
        """The functions that pack and unpack values of a type."""
        found = self.coders.get(hint)
        if found is None:
            # The type may contain itself: what refers to it meanwhile looks the coders up when it runs.
            self.coders[hint] = self.later(hint)
            found = self.coders[hint] = self.make(hint)
        return found

    def later(self, hint: object) -> tuple[_Coder, _Coder]:
        def pack(value: typing.Any) -> typing.Any:
            return self.coders[hint][0](value)

        def unpack(data: typing.Any) -> typing.Any:
            return self.coders[hint][1](data)

        return pack, unpack

    def make(self, hint: object) -> tuple[_Coder, _Coder]:
        if isinstance(hint, type) and is_dataclass(hint):
            return self.dataclass(hint)
        if hint in (int, str, bool, float, type(None)):
            return _same, _check(frozenset({hint}))
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is tuple:
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return self.sequence(arguments[0])
            return self.fixed(arguments)
        if origin in (types.UnionType, typing.Union):
            return self.union(arguments)
        raise TypeError(f"no facts of type {hint!r}")

    def dataclass(self, cls: type) -> tuple[_Coder, _Coder]:
        hints = typing.get_type_hints(cls, vars(model))
        names = [field.name for field in fields(cls) if field.init]
        coders = [self.of(hints[name]) for name in names]
        # One function for each class, written out: a loop over the fields takes twice the time.
        scope: dict[str, typing.Any] = {"cls": cls, "bad": _bad}
        packed, unpacked = [], []
        for i, (name, (pack, unpack)) in enumerate(zip(names, coders, strict=True)):
            scope[f"pack{i}"], scope[f"unpack{i}"] = pack, unpack
            packed.append(f"value.{name}" if pack is _same else f"pack{i}(value.{name})")
            unpacked.append(f"unpack{i}(data[{i}])")
        exec(  # noqa: S102 - nothing in it comes from outside
            f"def pack(value):\n    if type(value) is not cls: bad(value)\n    return [{', '.join(packed)}]\n"
            f"def unpack(data):\n    if type(data) is not list or len(data) != {len(names)}: bad(data)\n"
            f"    return cls({', '.join(unpacked)})\n",
            scope,
        )
        return scope["pack"], scope["unpack"]

    def sequence(self, item: object) -> tuple[_Coder, _Coder]:
        pack_item, unpack_item = self.of(item)

        def pack(value: typing.Any) -> typing.Any:
            if type(value) is not tuple:
                _bad(value)
            return list(map(pack_item, value))

        def unpack(data: typing.Any) -> typing.Any:
            if type(data) is not list:
                _bad(data)
            return tuple(map(unpack_item, data))

        return pack, unpack

    def fixed(self, items: tuple[object, ...]) -> tuple[_Coder, _Coder]:
        coders = [self.of(item) for item in items]

        def pack(value: typing.Any) -> typing.Any:
            if type(value) is not tuple or len(value) != len(coders):
                _bad(value)
            return [coder[0](part) for coder, part in zip(coders, value, strict=True)]

        def unpack(data: typing.Any) -> typing.Any:
            if type(data) is not list or len(data) != len(coders):
                _bad(data)
            return tuple([coder[1](part) for coder, part in zip(coders, data, strict=True)])

        return pack, unpack

    def union(self, members: tuple[object, ...]) -> tuple[_Coder, _Coder]:
        plain = frozenset(member for member in members if not is_dataclass(member))
        classes = [member for member in members if isinstance(member, type) and is_dataclass(member)]
        scalars = frozenset({int, str, bool, float, type(None)})
        if not plain <= scalars:
            raise TypeError(f"no facts of type {members!r}")
        if not classes:
            return _same, _check(plain)
        packers = {cls: (number, self.of(cls)) for number, cls in enumerate(classes)}
        unpackers = [self.of(cls) for cls in classes]

        def pack(value: typing.Any) -> typing.Any:
            found = packers.get(type(value))
            if found is not None:
                return [found[0], *found[1][0](value)]
            if type(value) not in plain:
                _bad(value)
            return value

        def unpack(data: typing.Any) -> typing.Any:
            if type(data) is list:
                number = data[0]
                if type(number) is not int or number < 0:
                    _bad(data)
                return unpackers[number][1](data[1:])
            if type(data) not in plain:
                _bad(data)
            return data

        return pack, unpack


def _same(value: typing.Any) -> typing.Any:
    return value


def _check(allowed: frozenset[object]) -> _Coder:
    def check(data: typing.Any) -> typing.Any:
        if type(data) not in allowed:
            _bad(data)
        return data

    return check


def _bad(data: object) -> typing.NoReturn:
    raise ValueError(f"not a fact: {type(data).__name__}")


@lru_cache(maxsize=1)
def _codec() -> _Codec:
    return _Codec()


def pack(value: object) -> list[object]:
    """Facts (a dataclass of `model`) as lists, strings and numbers. Raises ValueError where that cannot be."""
    cls = type(value)
    if getattr(model, cls.__name__, None) is not cls:
        _bad(value)
    try:
        return [cls.__name__, _codec().of(cls)[0](value)]
    except (RecursionError, TypeError) as error:
        raise ValueError("facts that cannot be packed") from error


def unpack(data: object) -> typing.Any:
    """The facts that `pack` made the data from. Raises ValueError, and nothing else, where it did not."""
    if type(data) is not list or len(data) != 2 or type(data[0]) is not str:
        _bad(data)
    cls = getattr(model, data[0], None)
    if not isinstance(cls, type) or not is_dataclass(cls):
        _bad(data)
    try:
        return _codec().of(cls)[1](data[1])
    except (RecursionError, TypeError, IndexError, AttributeError) as error:
        raise ValueError("not facts") from error


# --- the store --------------------------------------------------------------------------------------------------------

FORMAT = 1
MAGIC = "flake8-celery facts"
ENVIRONMENT = "FLAKE8_CELERY_CACHE_DIR"
RACY_NS = 2_000_000_000
"""File systems count time in steps of up to two seconds: a file changed so shortly before it was read may change again
and keep its time."""
TOO_LARGE = 1 << 30

Stat = tuple[int, int]


def cache_folder() -> Path:
    """Where the cache files are: the platform's folder for caches, unless the environment names another.

    `platformdirs` would say the same, but its import takes as long as a whole run over a project that has not changed.
    """
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
        return Path(base, "flake8-celery", "Cache")
    if sys.platform == "darwin":
        return Path(os.path.expanduser("~/Library/Caches"), "flake8-celery")
    base = os.environ.get("XDG_CACHE_HOME", "").strip()
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "flake8-celery")


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Changes with every change to this package's own code."""
    here = os.path.dirname(os.path.abspath(__file__))
    seen: list[tuple[str, int, int]] = []
    for folder, _, names in os.walk(here):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    status = os.stat(path)
                    seen.append((os.path.relpath(path, here), status.st_mtime_ns, status.st_size))
    return hashlib.blake2b(repr(sorted(seen)).encode(), digest_size=16).hexdigest()


def content_hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@dataclass(slots=True)
class Entry:
    """What is known about one file. `error` is (line, message) of a file that cannot be read or parsed."""

    mtime: int
    size: int
    digest: str
    concerns: bool
    error: tuple[int, str] | None = None
    packed: bytes = b""

    @property
    def facts(self) -> typing.Any:
        """The facts, decoded anew at each call; None where none are kept (or cannot be read)."""
        if not self.packed:
            return None
        try:
            return unpack(json.loads(self.packed))
        except (ValueError, RecursionError):
            return None


class Store:
    """The cache file of one project.

    A file's entry holds as long as its content does. Time and size decide without reading it, unless it had changed so
    shortly before it was looked at that another change could have gone unnoticed.
    """

    def __init__(self, root: Path, path: Path | None) -> None:
        self.root = root
        self.path = path
        self.changed = False
        self._entries: dict[str, Entry] = {}
        self._looked: dict[str, int] = {}
        self._opened = time.time_ns()

    @classmethod
    def open(cls, root: Path) -> Store:
        """The project's store, with what the last run saved. Never raises."""
        try:
            name = hashlib.blake2b(os.fsencode(root), digest_size=16).hexdigest() + ".json"
            path: Path | None = cache_folder() / name
        except (OSError, ValueError, RuntimeError):
            path = None
        store = cls(root, path)
        store.reload()
        return store

    def reload(self) -> None:
        """Read the file again: another process may have written it. Never raises."""
        self._entries = {}
        self._looked = {}
        self.changed = False
        self._opened = time.time_ns()
        if self.path is None:
            return
        try:
            if self.path.stat().st_size <= TOO_LARGE:
                self._entries = self._decode(self.path.read_bytes())
        except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError, MemoryError):
            self._entries = {}

    def _header(self) -> list[object]:
        return [MAGIC, FORMAT, __version__, fingerprint(), os.fspath(self.root)]

    def _decode(self, data: bytes) -> dict[str, Entry]:
        end = data.index(b"\n")
        header, checksum, listed = json.loads(data[:end])
        if header != self._header() or checksum != zlib.crc32(data[end:]):
            raise ValueError("not our cache")
        entries: dict[str, Entry] = {}
        offset = end + 1
        for path, (mtime, size, digest, concerns, failure, length) in listed.items():
            error = None
            if failure is not None:
                line, message = failure
                error = (_typed(line, int), _typed(message, str))
            if _typed(length, int) < 0 or offset + length > len(data):
                raise ValueError("not an entry")
            packed = data[offset : offset + length]
            offset += length
            entries[path] = Entry(
                _typed(mtime, int), _typed(size, int), _typed(digest, str), _typed(concerns, bool), error, packed
            )
        return entries

    def __len__(self) -> int:
        return len(self._entries)

    def paths(self) -> Iterable[str]:
        return self._entries.keys()

    def lookup(self, path: str, stat: Stat, read: Callable[[], bytes]) -> Entry | None:
        """What is known about the file, or None; `read` gives its bytes where its times do not decide."""
        entry = self._entries.get(path)
        self._looked[path] = time.time_ns()
        if entry is None or entry.size != stat[1]:
            return None
        if entry.mtime == stat[0]:
            return entry
        if content_hash(read()) != entry.digest:
            return None
        trusted = self._trusted(path, stat[0])
        if trusted != entry.mtime:
            entry.mtime = trusted
            self.changed = True
        return entry

    def put(
        self,
        path: str,
        stat: Stat,
        data: bytes,
        *,
        concerns: bool,
        facts: object = None,
        error: tuple[int, str] | None = None,
    ) -> Entry:
        """Remember what was found in `data`, the file's content. Facts that cannot be packed are not kept."""
        packed = b""
        if facts is not None:
            with contextlib.suppress(ValueError, RecursionError):
                packed = json.dumps(pack(facts), separators=(",", ":"), check_circular=False).encode("ascii") + b"\n"
        entry = Entry(self._trusted(path, stat[0]), len(data), content_hash(data), concerns, error, packed)
        self._entries[path] = entry
        self.changed = True
        return entry

    def _trusted(self, path: str, mtime: int) -> int:
        """The time to keep for a file: -1, which never matches, while its content may change within that time."""
        return mtime if self._looked.get(path, self._opened) - mtime > RACY_NS else -1

    def forget(self, keep: Iterable[str]) -> None:
        """Drop the entries of files other than these."""
        keep = set(keep)
        gone = [path for path in self._entries if path not in keep]
        for path in gone:
            del self._entries[path]
        self.changed |= bool(gone)

    def save(self) -> bool:
        """Write the file, whole or not at all. False where nothing was written; never raises."""
        if self.path is None or not self.changed:
            return False
        listed = {
            path: [e.mtime, e.size, e.digest, e.concerns, e.error, len(e.packed)] for path, e in self._entries.items()
        }
        body = b"\n" + b"".join(entry.packed for entry in self._entries.values())
        try:
            head = json.dumps([self._header(), zlib.crc32(body), listed], separators=(",", ":")).encode("ascii")
            _make_folder(self.path.parent)
            handle, temporary = tempfile.mkstemp(prefix=self.path.stem, suffix=".tmp", dir=self.path.parent)
        except (OSError, ValueError):
            return False
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(head)
                file.write(body)
            os.replace(temporary, self.path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            return False
        self.changed = False
        return True

    @contextlib.contextmanager
    def locked(self, timeout: float) -> Iterator[bool]:
        """Hold the project's lock between processes; yields False when it was not had within `timeout` seconds.

        Who waited should `reload()`: the other process may have done the work.
        """
        handle = -1
        if self.path is not None:
            with contextlib.suppress(OSError, ValueError):
                _make_folder(self.path.parent)
                handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        if handle < 0:
            yield False
            return
        try:
            held = _acquire(handle, time.monotonic() + timeout)
            try:
                yield held
            finally:
                if held:
                    _release(handle)
        finally:
            os.close(handle)


_T = typing.TypeVar("_T")


def _typed(value: object, cls: type[_T]) -> _T:
    if type(value) is not cls:
        raise ValueError("not an entry")
    return value


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _acquire(handle: int, deadline: float) -> bool:
    pause = 0.002
    while not (held := _try_lock(handle)):
        left = deadline - time.monotonic()
        if held is None or left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 2, 0.05)
    return True


def _try_lock(handle: int) -> bool | None:
    """Whether the lock was had; None where the file system has no locks."""
    try:
        _lock(handle)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

    def _release(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

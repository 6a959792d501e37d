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
import typing
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import __version__
from .garbage import uncollected

if typing.TYPE_CHECKING:
    from .model import Deployment, Module

__all__ = ["NOT_KEPT", "Entry", "Store", "cache_folder", "content_hash", "fingerprint"]

FORMAT = 3
MAGIC = "flake8-celery facts"
ENVIRONMENT = "FLAKE8_CELERY_CACHE_DIR"
RACY_NS = 2_000_000_000
"""File systems count time in steps of up to two seconds: a file changed so shortly before it was read may change again
and keep its time."""
TOO_LARGE = 1 << 30
NOT_KEPT = b"?"
"""In the place of facts that cannot be packed."""

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
    transactions: bool = False

    @property
    def facts(self) -> Module | None:
        """The facts, decoded anew at each call; None where none are kept (or cannot be read)."""
        if not self.packed:
            return None
        from .packing import restore

        with uncollected():
            try:
                return restore(self.packed)
            except (ValueError, RecursionError):
                return None

    @property
    def deployment(self) -> Deployment | None:
        """What a deployment file says, decoded anew at each call; None where that is not kept (or cannot be read)."""
        if not self.packed:
            return None
        from .model import Deployment
        from .packing import unpack

        try:
            found = unpack(json.loads(self.packed))
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, Deployment) else None


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
        self._version: tuple[int, int, int] | None = None
        self._opened = time.time_ns()

    @classmethod
    def open(cls, root: Path) -> Store:
        """The project's store, with what the last run saved. Never raises."""
        store = cls(root, cls.place(root))
        store.reload()
        return store

    @staticmethod
    def place(root: Path) -> Path | None:
        """The cache file of the project at `root`, None where there can be none."""
        try:
            name = hashlib.blake2b(os.fsencode(root), digest_size=16).hexdigest() + ".json"
            return cache_folder() / name
        except (OSError, ValueError, RuntimeError):
            return None

    def reload(self) -> None:
        """Read the file again: another process may have written it. Never raises."""
        self._looked = {}
        self._opened = time.time_ns()
        try:
            status = self.path.stat() if self.path is not None else None
        except (OSError, ValueError):
            status = None
        version = _version(status) if status is not None else None
        if version is not None and version == self._version and not self.changed:
            return
        self._entries = {}
        self._version = version
        self.changed = False
        if self.path is None or status is None:
            return
        try:
            if status.st_size <= TOO_LARGE:
                self._entries = self._decode(self.path.read_bytes())
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, the run goes on without it
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
        for path, (mtime, size, digest, concerns, transactions, failure, length) in listed.items():
            error = None
            if failure is not None:
                line, message = failure
                error = (_typed(line, int), _typed(message, str))
            if _typed(length, int) < 0 or offset + length > len(data):
                raise ValueError("not an entry")
            packed = data[offset : offset + length]
            offset += length
            entries[path] = Entry(
                _typed(mtime, int), _typed(size, int), _typed(digest, str), _typed(concerns, bool), error, packed,
                _typed(transactions, bool),
            )  # fmt: skip
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
        facts: Module | Deployment | None = None,
        error: tuple[int, str] | None = None,
        transactions: bool = False,
    ) -> Entry:
        """Remember what was found in `data`, the file's content; of facts that cannot be packed, that there are any."""
        packed = b"" if facts is None else NOT_KEPT
        if facts is not None:
            with contextlib.suppress(ValueError, RecursionError):
                packed = _packed(facts, concerns=concerns, transactions=transactions)
        trusted = self._trusted(path, stat[0])
        entry = Entry(trusted, len(data), content_hash(data), concerns, error, packed, transactions)
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

    def dump(self) -> bytes:
        """What the cache file holds. Raises ValueError."""
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        """What the cache file holds, bit by bit: the whole is as large as all facts."""
        listed = {
            path: [e.mtime, e.size, e.digest, e.concerns, e.transactions, e.error, len(e.packed)]
            for path, e in self._entries.items()
        }
        checksum = zlib.crc32(b"\n")
        for entry in self._entries.values():
            checksum = zlib.crc32(entry.packed, checksum)
        yield json.dumps([self._header(), checksum, listed], separators=(",", ":")).encode("ascii") + b"\n"
        for entry in self._entries.values():
            yield entry.packed

    def absorb(self, data: bytes) -> None:
        """Take over what another process has dumped. Raises an exception of any kind where it is not that."""
        self._entries.update(self._decode(data))
        self.changed = True

    def known(self, path: str) -> Entry | None:
        """What is known about the file, be it of an earlier content."""
        return self._entries.get(path)

    def packed(self, without: str) -> Iterator[bytes]:
        """The facts of all files but one, as they are kept: names stand in them as JSON writes them."""
        return (entry.packed for path, entry in self._entries.items() if path != without)

    def save(self) -> bool:
        """Write the file, whole or not at all. False where nothing was written; never raises."""
        if self.path is None or not self.changed:
            return False
        try:
            pieces = self._pieces()
            _make_folder(self.path.parent)
            handle, temporary = tempfile.mkstemp(prefix=self.path.stem, suffix=".tmp", dir=self.path.parent)
        except (OSError, ValueError):
            return False
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
                file.flush()
                written = _version(os.fstat(file.fileno()))
            os.replace(temporary, self.path)
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            return False
        self._version = written
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


def _version(status: os.stat_result) -> tuple[int, int, int]:
    """Each save makes a file of its own, so that its number tells one from the next."""
    return status.st_ino, status.st_mtime_ns, status.st_size


def _packed(facts: Module | Deployment, *, concerns: bool, transactions: bool) -> bytes:
    from .model import Module
    from .outlines import outline
    from .packing import pack, store

    if isinstance(facts, Module):
        return store(facts, outline(facts, concerns=concerns, transactions=transactions))
    return json.dumps(pack(facts), separators=(",", ":")).encode("ascii")


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

"""The facts of a project's files, kept on disk between runs.

What a run has learned of a few files is written to a second, small file that goes with the first. Whatever is wrong
with one of them makes it an empty one.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__
from .cache_file import NOT_KEPT, Entry, decode, pieces, read
from .hashing import blake2b
from .source import names_settings

if TYPE_CHECKING:
    from .model import Deployment, Module

__all__ = ["NOT_KEPT", "Entry", "Store", "cache_folder", "content_hash", "fingerprint"]

FORMAT = 6
MAGIC = "flake8-celery facts"
ENVIRONMENT = "FLAKE8_CELERY_CACHE_DIR"
RACY_NS = 2_000_000_000
"""File systems count time in steps of up to two seconds: a file changed so shortly before it was read may change again
and keep its time."""
MOST_LATE = 64
"""Files that a second cache file tells of: with more of them, all is written anew."""

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
    seen: list[tuple[str, int, int]] = []
    pending = [(os.path.dirname(os.path.abspath(__file__)), "")]
    while pending:
        folder, inside = pending.pop()
        with contextlib.suppress(OSError), os.scandir(folder) as scan:
            for entry in scan:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    seen.append((inside + entry.name, status.st_mtime_ns, status.st_size))
                elif entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, f"{inside}{entry.name}/"))
    return blake2b(repr(sorted(seen)).encode(), digest_size=16).hexdigest()


def content_hash(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


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
        self._versions: list[_Version | None] = [None, None]
        self._number = ""
        """That of the cache file which was read or written last, "" for none."""
        self._late: set[str] = set()
        """The files of which something else is known than what that one says."""
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
            name = blake2b(os.fsencode(root), digest_size=16).hexdigest() + ".json"
            return cache_folder() / name
        except (OSError, ValueError, RuntimeError):
            return None

    @property
    def _beside(self) -> Path | None:
        """The second file, for what was learned since the first one was written."""
        return self.path.with_suffix(".late.json") if self.path is not None else None

    def reload(self) -> None:
        """Read the file again: another process may have written it. Never raises."""
        self._looked = {}
        self._opened = time.time_ns()
        versions = self._on_disk()
        if versions[0] is not None and versions == self._versions and not self.changed:
            return
        self._entries, self._late, self._number, self._versions = {}, set(), "", versions
        self.changed = False
        if self.path is None or self._beside is None or versions[0] is None:
            return
        # whatever is wrong with the files, the run goes on without them
        with contextlib.suppress(Exception):
            self._number, self._entries = read(self.path, self._header())
            if versions[1] is not None:
                _, late = read(self._beside, self._header(), self._number)
                self._entries |= late
                self._late = set(late)

    def _on_disk(self) -> list[_Version | None]:
        return [_version_at(path) for path in (self.path, self._beside)]

    def _header(self) -> list[object]:
        return [MAGIC, FORMAT, __version__, fingerprint(), os.fspath(self.root)]

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
            self._late.add(path)
            self.changed = True
        return entry

    def contents(self, files: Mapping[str, Stat], read: Callable[[str], bytes]) -> dict[str, str | None]:
        """The content hashes of files, None for those that are new or have changed since they were read."""
        found: dict[str, str | None] = {}
        for path, stat in files.items():
            entry = self._entries.get(path)
            if entry is None or entry.mtime != stat[0] or entry.size != stat[1]:
                entry = self.lookup(path, stat, partial(read, path))
            found[path] = entry.digest if entry is not None else None
        return found

    def put(
        self,
        path: str,
        stat: Stat,
        data: bytes,
        *,
        concerns: bool,
        facts: Module | Deployment | None = None,
        packed: bytes = b"",
        error: tuple[int, str] | None = None,
        transactions: bool = False,
    ) -> Entry:
        """Remember what was found in `data`, the file's content, `packed` or not; of facts that cannot be packed, that
        there are any."""
        if facts is not None:
            packed = NOT_KEPT
            with contextlib.suppress(ValueError, RecursionError):
                packed = _packed(facts, concerns=concerns, transactions=transactions)
        trusted = self._trusted(path, stat[0])
        settings = not concerns and names_settings(data)
        entry = Entry(trusted, len(data), content_hash(data), concerns, error, packed, transactions, settings)
        self._entries[path] = entry
        self._late.add(path)
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
        if gone:
            self.changed, self._number = True, ""

    def dump(self, paths: Iterable[str] | None = None) -> bytes:
        """What the cache file holds, of these files or of all. Raises ValueError."""
        entries = self._entries
        if paths is not None:
            entries = {path: entries[path] for path in paths if path in entries}
        return b"".join(pieces(self._header(), "", "", entries))

    def absorb(self, data: bytes) -> None:
        """Take over what another process has dumped. Raises an exception of any kind where it is not that."""
        found = decode(data, self._header())
        self._entries |= found
        self._late |= found.keys()
        self.changed = True

    def known(self, path: str) -> Entry | None:
        """What is known about the file, be it of an earlier content."""
        return self._entries.get(path)

    def silent(self, paths: Iterable[str]) -> list[str]:
        """Those of the files, as they were when they were last looked up, in whose own text nothing is about Celery."""
        known = ((path, self._entries.get(path)) for path in paths)
        return [path for path, e in known if e is not None and not (e.concerns or e.settings or e.error)]

    def naming(self, words: Collection[bytes], without: str = "") -> list[bytes]:
        """The facts of all files but one, as they are kept, in which one of the words may stand, be it as a part of
        another; names stand there as JSON writes them. `NOT_KEPT` is among them where that cannot be told."""
        found = (entry for path, entry in self._entries.items() if path != without and entry.length)
        return [entry.packed for entry in found if entry.may_have(words)]

    def save(self) -> bool:
        """Write what is new, whole or not at all. False where nothing was written; never raises."""
        if self.path is None or self._beside is None or not self.changed:
            return False
        versions = self._on_disk()
        if self._number and len(self._late) <= MOST_LATE and versions[0] == self._versions[0] is not None:
            late = {path: self._entries[path] for path in sorted(self._late)}
            written = _write(self._beside, pieces(self._header(), "", self._number, late))
            if written is None:
                return False
            self._versions = [versions[0], written]
        else:
            number = os.urandom(8).hex()
            written = _write(self.path, pieces(self._header(), number, "", self._entries))
            if written is None:
                return False
            with contextlib.suppress(OSError):
                os.unlink(self._beside)
            self._versions, self._number, self._late = [written, None], number, set()
        self.changed = False
        return True

    @contextlib.contextmanager
    def locked(self, timeout: float, name: str = "lock") -> Iterator[bool]:
        """Hold a lock of the project between processes; yields False when it was not had within `timeout` seconds.

        Who waited should `reload()`: the other process may have done the work.
        """
        handle = -1
        if self.path is not None:
            with contextlib.suppress(OSError, ValueError):
                _make_folder(self.path.parent)
                handle = os.open(self.path.with_suffix(f".{name}"), os.O_RDWR | os.O_CREAT, 0o600)
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


_Version = tuple[int, int, int]
"""Each save makes a file of its own, so that its number tells one from the next."""


def _version(status: os.stat_result) -> _Version:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _version_at(path: Path | None) -> _Version | None:
    try:
        return _version(path.stat()) if path is not None else None
    except (OSError, ValueError):
        return None


def _write(path: Path, content: Iterable[bytes]) -> _Version | None:
    """Write a file, whole or not at all; None where that failed."""
    import tempfile  # a run that writes nothing does without

    try:
        _make_folder(path.parent)
        handle, temporary = tempfile.mkstemp(prefix=path.stem, suffix=".tmp", dir=path.parent)
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
            file.flush()
            written = _version(os.fstat(file.fileno()))
        os.replace(temporary, path)
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        return None
    return written


def _packed(facts: Module | Deployment, *, concerns: bool, transactions: bool) -> bytes:
    from .model import Module
    from .outlines import outline
    from .packing import pack, store

    if isinstance(facts, Module):
        return store(facts, outline(facts, concerns=concerns, transactions=transactions))
    return json.dumps(pack(facts), separators=(",", ":")).encode("ascii")


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

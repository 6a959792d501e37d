"""Writing a repaired file: as a whole or not at all, and never over what somebody else has written meanwhile."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path

from ..files import replace
from ..source import SourceError

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def write(path: Path, before: bytes, after: bytes) -> None:
    """Put `after` in the place of `before`; a link stays a link, and the mode stays.

    Raises SourceError, and leaves the file as it is, where it cannot be written or holds something else than `before`.
    """
    try:
        with _locked(path):
            if not path.stat().st_mode & _WRITABLE:  # the superuser could write it all the same
                raise SourceError(str(path), 1, "not repaired: the file is read-only")
            if path.read_bytes() != before:
                raise SourceError(str(path), 1, "not repaired, because it was changed meanwhile; run the command again")
            replace(path, after)
    except OSError as error:
        raise SourceError(str(path), 1, f"not repaired: {error.strerror or error}") from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Of several processes that repair a file, one at a time: the others see afterwards that it was changed."""
    with open(path, "rb") as file:
        with contextlib.suppress(ImportError, OSError):  # Windows has no such locks, and some file systems have none
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield

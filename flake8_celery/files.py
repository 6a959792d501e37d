"""Files that are replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """Make `data` the content of the file, which keeps its mode; of a link, the file that it leads to.

    Raises OSError; then the file is as it was, and nothing else is left behind.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise PermissionError(13, "read-only", target)
    handle, draft = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, draft)
        else:
            os.chmod(draft, 0o666 & ~_umask())
        os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def _umask() -> int:
    """What the process takes away from the mode of new files; it can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

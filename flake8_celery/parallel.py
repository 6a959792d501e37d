"""Reading the files of a project in several processes, when most of them are new to the cache.

The helpers are started anew, not forked: that is safe whatever runs in this process, and the same on every platform.
What they read comes back as a cache file does. Whatever goes wrong with one, its files are read here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .cache import Store
from .discovery import Tree
from .index import Index

if TYPE_CHECKING:
    from collections.abc import Callable

FEWEST = 1000
"""Files for each process: reading fewer takes less time than to start one."""
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from flake8_celery.parallel import help_; help_()"


def processes(jobs: int | None) -> int:
    """How many processes read a project: `jobs`, or as many as there are processors."""
    if jobs is not None:
        return jobs
    with suppress(AttributeError, OSError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read(index: Index, jobs: int | None = None, progress: Callable[[int, int], None] | None = None) -> None:
    """Read what the cache knows nothing about, if that is much; the cache knows it afterwards."""
    store = index.store
    if store is None:
        return
    new = sorted(path for path in index.tree.python if store.known(path) is None)
    count = min(processes(jobs), len(new) // FEWEST)
    if count < 2:
        return
    helpers = []
    try:
        for number in range(1, count):
            with suppress(OSError):
                helpers.append(_Helper(index.root, {path: index.tree.python[path] for path in new[number::count]}))
        own = new[::count] if len(helpers) == count - 1 else []
        for done, path in enumerate(own):
            if progress is not None and done % 50 == 0:
                progress(done * count, len(index.tree.python))
            index.read(path)
        for helper in helpers:
            # whatever is wrong with it, its files are read here
            with suppress(Exception):
                store.absorb(helper.result())
    finally:
        for helper in helpers:
            helper.end()


class _Helper:
    """A process that reads some files. Raises OSError where it cannot be started."""

    def __init__(self, root: Path, files: dict[str, tuple[int, int]]) -> None:
        paths = [path for path in sys.path if path]
        command = [sys.executable, "-I", "-c", _CODE, *paths]
        self._process = subprocess.Popen(  # noqa: S603  this interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended already
            self._process.stdin.write(json.dumps([os.fspath(root), files]).encode("ascii"))
            self._process.stdin.close()

    def result(self) -> bytes:
        """What it has read; waits for it."""
        assert self._process.stdout is not None
        data = self._process.stdout.read()
        if self._process.wait() != 0:
            raise ValueError("the helper has failed")
        return data

    def end(self) -> None:
        """Nothing of it is left."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def help_() -> None:
    """What a helper does: read the files that standard input names."""
    from .garbage import keep, settled

    root, files = json.loads(sys.stdin.buffer.read())
    tree = Tree(Path(root), {str(path): (int(mtime), int(size)) for path, (mtime, size) in files.items()})
    store = Store(tree.root, None)
    with settled():
        index = Index(tree.root, tree, store)
        keep(index)
        for path in sorted(tree.python):
            index.read(path)
    sys.stdout.buffer.write(store.dump())
    sys.stdout.buffer.flush()

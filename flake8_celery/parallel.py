"""Reading the files of a project in several processes, when most of them are new to the cache.

The processes are forked off where that is possible. Elsewhere they are started anew, which takes a larger project to be
worth it. What they read comes back as a cache file does. Whatever goes wrong with one, its files are read here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from . import forks
from .cache import Store
from .discovery import Tree
from .index import Index
from .roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Callable

FEWEST = 1000
"""Files for each process: reading fewer takes less time than to start one."""
FEWEST_FORKED = 10
"""Files that concern Celery, for each process that is forked off."""
_MOST_LOOKED_AT = 500
"""Files that are looked at, to tell whether there are as many of those."""
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from flake8_celery.parallel import help_; help_()"


def processes(jobs: int | None) -> int:
    """How many processes work on a project: `jobs`, or as many as there are processors."""
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
    if min(processes(jobs), len(new) // FEWEST_FORKED) > 1 and forks.possible():
        # the largest come first, so that all have something to do until the end
        new.sort(key=lambda path: -index.tree.python[path][1])
        count = _worth(index, new, processes(jobs))
        if count > 1:
            with suppress(OSError):
                _fork(index, store, new, count, progress)
        return
    count = min(processes(jobs), len(new) // FEWEST)
    if count > 1:
        _start(index, store, new, count, progress)


def _worth(index: Index, new: list[str], most: int) -> int:
    """For how many processes, at most `most`, there is work in these files."""
    likely = sorted(new, key=lambda path: "celery" not in path and "task" not in path)
    looked = islice((path for path in likely if not is_test_path(path)), _MOST_LOOKED_AT)
    return sum(1 for _ in islice(filter(index.concerns_celery, looked), most * FEWEST_FORKED)) // FEWEST_FORKED


def _fork(index: Index, store: Store, new: list[str], count: int, progress: Callable[[int, int], None] | None) -> None:
    """Read the files with processes that are forked off. Raises OSError where there can be none."""
    # what it takes to read a file is imported once, before there are others
    from . import facts, outlines, packing, slices  # noqa: F401

    pieces = min(len(new), forks.MOST)
    own = os.getpid()
    read: list[str] = []

    def do(number: int) -> None:
        for path in new[number::pieces]:
            read.append(path)
            if not index.read(path) and not is_test_path(path) and index.concerns_transactions(path):
                index.module(path)
        if progress is not None and os.getpid() == own:
            progress(min(len(read) * count, len(new)), len(index.tree.python))

    for told in forks.share(pieces, count, do, lambda: store.dump(read)).told:
        with suppress(Exception):
            store.absorb(told)


def _start(index: Index, store: Store, new: list[str], count: int, progress: Callable[[int, int], None] | None) -> None:
    """Read the files with processes that are started anew."""
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

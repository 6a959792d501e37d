"""Work that several processes share, forked off this one: what it has imported and read, they have read, too.

A process that is forked has only the thread that forked it, and every lock as it was. So this is for Linux, and for
as long as this process has one thread.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import IO, NoReturn

from .frozen import dataclass

MOST = 2000
"""Pieces of work: their numbers fit into the smallest pipe there is."""
_SIZE = 2


def possible() -> bool:
    """Whether this process may be forked now."""
    if sys.platform != "linux":
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Shared:
    """`told` is what the other processes had to say. `undone` are the pieces that nobody has done: those of a process
    that was killed, or raised an exception."""

    told: Sequence[bytes]
    undone: Sequence[int]


def share(pieces: int, processes: int, do: Callable[[int], None], tell: Callable[[], bytes]) -> Shared:
    """Have the pieces of work with the numbers below `pieces`, at most `MOST`, done by so many processes, of which this
    is one. Each takes the next one when it is through with another; `tell` is asked in the others, at their end.

    What is raised here ends the others. Raises OSError where there can be none.
    """
    parent = os.getpid()
    with ExitStack() as stack:
        taking, giving = os.pipe()
        stack.callback(os.close, taking)
        try:
            os.write(giving, b"".join(number.to_bytes(_SIZE, "big") for number in range(pieces)))
        finally:
            os.close(giving)
        helpers: list[_Helper] = []
        stack.callback(_end, helpers)
        for _ in range(1, processes):
            said = stack.enter_context(tempfile.TemporaryFile())
            with suppress(OSError):  # no more processes: then there are fewer
                helpers.append(_Helper(said, lambda said=said: _help(said, parent, taking, do, tell)))  # type: ignore[misc]
        done = _take(taking, do)
        told = []
        for helper in helpers:
            said_done, said_all = helper.result()
            done += said_done
            told += said_all
        return Shared(told, sorted(set(range(pieces)).difference(done)))


def apart(do: Callable[[], None]) -> bool:
    """Have something done by a process of its own, and wait for it; whether it was done. What is raised here ends that
    process."""
    with tempfile.TemporaryFile() as said, ExitStack() as stack:
        helpers: list[_Helper] = []
        stack.callback(_end, helpers)

        def work() -> None:
            do()
            said.write(b"[]\n")
            said.flush()

        try:
            helpers.append(_Helper(said, work))
        except OSError:
            return False
        _, told = helpers[0].result()
        return bool(told)


def _take(taking: int, do: Callable[[int], None], parent: int | None = None) -> list[int]:
    """Do the next piece for as long as there is one, and the parent; the pieces that were done."""
    done = []
    while number := os.read(taking, _SIZE):
        if parent is not None and os.getppid() != parent:
            break
        done.append(int.from_bytes(number, "big"))
        do(done[-1])
    return done


def _help(said: IO[bytes], parent: int, taking: int, do: Callable[[int], None], tell: Callable[[], bytes]) -> None:
    done = _take(taking, do, parent)
    said.write(json.dumps(done).encode("ascii") + b"\n" + tell())
    said.flush()


def _end(helpers: list[_Helper]) -> None:
    for helper in helpers:
        helper.end()


class _Helper:
    """A process that was forked off. Raises OSError where that cannot be."""

    def __init__(self, said: IO[bytes], run: Callable[[], None]) -> None:
        self._said = said
        self._pid: int | None = None
        parent = os.getpid()
        try:
            pid = os.fork()
            if pid == 0:
                _run(run)
            self._pid = pid
        except BaseException:
            if os.getpid() != parent:  # interrupted before it has begun
                os._exit(1)
            raise

    def result(self) -> tuple[list[int], list[bytes]]:
        """The pieces that it has done, and what it told: nothing where it failed. Waits for it."""
        assert self._pid is not None
        try:
            _, status = os.waitpid(self._pid, 0)
        except ChildProcessError:  # whoever ignores SIGCHLD never learns how a process ended
            status = 1
        self._pid = None
        if status != 0:
            return [], []
        try:
            self._said.seek(0)
            done = json.loads(self._said.readline())
            return [int(number) for number in done], [self._said.read()]
        except (OSError, ValueError, TypeError):
            return [], []

    def end(self) -> None:
        """Nothing of it is left."""
        if self._pid is not None:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
            self._pid = None


def _run(work: Callable[[], None]) -> NoReturn:
    """Work, and end without anything that the process it was forked off means to do at its own end."""
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)

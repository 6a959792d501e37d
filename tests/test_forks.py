"""What several processes do together is all done once, whatever happens to one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery import forks

from .runs import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


class Counting:
    """Notes what is done in this process, and tells it."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.own = os.getpid()

    def do(self, number: int) -> None:
        self.done.append(number)

    def tell(self) -> bytes:
        return json.dumps(self.done).encode()

    def all(self, shared: forks.Shared) -> list[int]:
        return sorted([*self.done, *shared.undone, *(n for told in shared.told for n in json.loads(told))])

    @property
    def elsewhere(self) -> bool:
        return os.getpid() != self.own


@settings(max_examples=25, deadline=None)
@given(st.integers(0, forks.MOST), st.integers(1, 4), st.data())
def test_each_piece_is_done_once(pieces: int, processes: int, data: st.DataObject) -> None:
    fatal = data.draw(st.none() | st.integers(0, max(pieces - 1, 0)))
    work, before = Counting(), children()

    def do(number: int) -> None:
        if number == fatal and work.elsewhere:
            os.kill(os.getpid(), signal.SIGKILL)
        work.do(number)

    shared = forks.share(pieces, processes, do, work.tell)
    assert work.all(shared) == list(range(pieces))
    assert children() <= before


def slowly(work: Counting, number: int) -> None:
    """The others get something to do, too."""
    if not work.elsewhere:
        time.sleep(0.02)
    work.do(number)


def test_others_do_some_of_it() -> None:
    work = Counting()
    shared = forks.share(100, 2, lambda number: slowly(work, number), work.tell)
    (told,) = shared.told
    assert json.loads(told)
    assert shared.undone == []
    assert work.all(shared) == list(range(100))


@pytest.mark.parametrize("how", ["raises", "exits", "killed", "interrupted", "cannot tell"])
def test_what_a_process_has_done_that_fails_is_undone(how: str) -> None:
    work = Counting()

    def do(number: int) -> None:
        slowly(work, number)
        if work.elsewhere and how == "raises":
            raise ValueError
        if work.elsewhere and how == "exits":
            raise SystemExit(0)
        if work.elsewhere and how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if work.elsewhere and how == "interrupted":
            raise KeyboardInterrupt

    def tell() -> bytes:
        if how == "cannot tell":
            raise ValueError
        return work.tell()

    shared = forks.share(20, 2, do, tell)
    assert shared.told == []
    assert shared.undone
    assert work.all(shared) == list(range(20))


def test_what_ends_this_process_ends_the_others() -> None:
    own, before = os.getpid(), children()

    def do(_: int) -> None:
        if os.getpid() == own:
            raise KeyboardInterrupt
        time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        forks.share(10, 3, do, bytes)
    assert children() <= before


def test_no_process_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)
    work = Counting()
    assert forks.share(5, 4, work.do, work.tell) == forks.Shared([], [])
    assert work.done == [0, 1, 2, 3, 4]


def test_no_place_for_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> object:
        raise OSError("no space left")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match="no space left"):
        forks.share(5, 2, lambda _: None, bytes)


def test_only_while_no_thread_runs() -> None:
    code = (
        "import threading\nfrom flake8_celery import forks\nprint(forks.possible())\n"
        "end = threading.Event()\nthread = threading.Thread(target=end.wait)\nthread.start()\n"
        "print(forks.possible())\nend.set()\nthread.join()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_what_is_not_yet_written_is_written_once() -> None:
    code = (
        "import sys\nfrom flake8_celery import forks\nsys.stdout.write('once')\n"
        "forks.share(50, 3, lambda _: None, bytes)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "once"


def test_the_others_end_when_this_process_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nfrom flake8_celery import forks\nown = os.getpid()\n"
        "def do(number):\n"
        "    open(os.path.join(sys.argv[1], str(os.getpid())), 'w').close()\n"
        "    time.sleep(60 if os.getpid() == own else 0.05)\n"
        "forks.share(2000, 2, do, bytes)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) as process:
        deadline = time.monotonic() + 30
        while len(list(tmp_path.iterdir())) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    others = {int(path.name) for path in tmp_path.iterdir()} - {process.pid}
    while any(Path(f"/proc/{pid}").exists() for pid in others):
        assert time.monotonic() < deadline
        time.sleep(0.01)

"""flake8, told to look through a whole project, has another process find out what is wrong with all of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_celery import forks, lint, parallel, together
from flake8_celery.lint import Diagnostic, Linter
from flake8_celery.source import SourceError

from .runs import children, place
from .test_changes import FILES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
possible = forks.possible
_BROKEN = {"orders/broken.py": "from celery import shared_task\n\n\ndef (:\n"}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests may have left a thread that does nothing any more."""
    monkeypatch.setattr(forks, "possible", lambda: True)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return place(tmp_path, monkeypatch, {**FILES, **_BROKEN})


def linted(
    root: Path, folders: list[Path], use_cache: bool = True, jobs: int = 1
) -> tuple[list[Diagnostic], list[str], Linter]:
    """What flake8 is told of all files, those that cannot be read, and the linter that told it."""
    linter = Linter(for_flake8=True, folders=map(str, folders), use_cache=use_cache, jobs=jobs)
    found: list[Diagnostic] = []
    broken = []
    for path in sorted(root.rglob("*.py")):
        try:
            found += linter.lint_file(path)
        except SourceError as error:  # noqa: PERF203
            broken.append(str(error))
    linter.finish()
    return found, broken, linter


def is_read(linter: Linter) -> bool:
    return any(opened.is_read for opened in linter._opened.values())


@pytest.mark.parametrize(
    "folders", [["."], [".."], ["orders", "shop"]], ids=["the root", "what is above", "most of it"]
)
def test_what_is_found_is_the_same_and_nothing_is_read_here(shop: Path, folders: list[str]) -> None:
    (shop / "orders/broken.py").unlink()
    expected = linted(shop, [], use_cache=False)
    found, broken, linter = linted(shop, [shop / folder for folder in folders])
    assert (found, broken) == expected[:2]
    assert {"CEL301", "CEL403"} <= {d.code for d in found}
    assert not is_read(linter)
    again = linted(shop, [shop])
    assert again[:2] == expected[:2]
    assert not is_read(again[2])


@pytest.mark.parametrize("jobs", [1, 3])
def test_as_many_help_it_as_flake8_has_processes(shop: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    monkeypatch.setattr(parallel, "FEWEST_FORKED", 1)
    monkeypatch.setattr(together, "FEWEST", 1)
    expected = linted(shop, [], use_cache=False)[:2]
    share, own = forks.share, os.getpid()

    def note(pieces: int, processes: int, *given: object) -> forks.Shared:
        assert os.getpid() != own
        with (shop / "shared").open("a") as file:
            file.write(f"{processes} ")
        return share(pieces, processes, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(forks, "share", note)
    assert linted(shop, [shop], jobs=jobs)[:2] == expected
    shared = (shop / "shared").read_text() if (shop / "shared").exists() else ""
    assert shared == ("3 3 " if jobs == 3 else "")


def test_configurations_without_a_word_of_celery_are_looked_at_with_the_others(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "FEWEST", 1)
    monkeypatch.setattr(lint, "lint_module", lambda *_: pytest.fail("looked at alone"))
    (shop / "orders/broken.py").unlink()
    (shop / "orders/limits.py").write_text("task_time_limit = 60\ntask_soft_time_limit = 90\n", "utf-8")
    linter = Linter(jobs=2)
    paths = sorted(shop.rglob("*.py"))
    linter.expect(paths)
    found = {path.name for path in paths for _ in linter.lint_file(path)}
    assert "tasks.py" in found


def test_a_file_that_cannot_be_read_is_no_hindrance(shop: Path) -> None:
    found, broken, _ = linted(shop, [shop])
    assert (found, broken) == linted(shop, [], use_cache=False)[:2]
    assert len(broken) == 1


@pytest.mark.parametrize("folders", [[], ["shop"], ["elsewhere"]], ids=["files", "a part", "another"])
def test_who_asks_for_less_looks_himself(shop: Path, monkeypatch: pytest.MonkeyPatch, folders: list[str]) -> None:
    monkeypatch.setattr(forks, "apart", lambda _: pytest.fail("all is looked at"))
    found, broken, linter = linted(shop, [shop / folder for folder in folders])
    assert (found, broken) == linted(shop, [], use_cache=False)[:2]
    assert is_read(linter)


def dies(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fails(_: object) -> None:
    raise RuntimeError


def does_nothing(_: object) -> None:
    pass


@pytest.mark.parametrize("what", [dies, fails, does_nothing])
def test_whatever_happens_to_the_other_process(
    shop: Path, monkeypatch: pytest.MonkeyPatch, what: Callable[[object], None]
) -> None:
    expected = linted(shop, [], use_cache=False)[:2]
    monkeypatch.setattr(Linter, "_look_ahead", lambda _, opened: what(opened))
    assert linted(shop, [shop])[:2] == expected


def test_without_another_process(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise OSError

    expected = linted(shop, [], use_cache=False)[:2]
    monkeypatch.setattr(os, "fork", fork)
    assert linted(shop, [shop])[:2] == expected


def test_beside_a_thread_nothing_is_forked(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "possible", possible)
    monkeypatch.setattr(forks, "apart", lambda _: pytest.fail("a process is forked"))
    free = threading.Event()
    thread = threading.Thread(target=free.wait)
    thread.start()
    try:
        assert linted(shop, [shop])[:2] == linted(shop, [], use_cache=False)[:2]
    finally:
        free.set()
        thread.join()


def test_of_several_processes_one_looks(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (Linter(for_flake8=True, folders=[str(shop)]) for _ in range(2))
    opened = [linter._open(shop, recall=False) for linter in (first, second)]
    first._look_ahead(opened[0])
    monkeypatch.setattr(Linter, "_read", lambda *_: pytest.fail("the project is read again"))
    second._look_ahead(opened[1])


def test_something_done_apart() -> None:
    own, before = os.getpid(), children()
    assert forks.apart(lambda: None)
    assert not forks.apart(lambda: dies(None))
    assert not forks.apart(lambda: fails(None))
    assert os.getpid() == own
    assert children() <= before

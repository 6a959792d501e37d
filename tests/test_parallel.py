"""A project read by several processes is the project read by one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flake8_celery import forks, parallel
from flake8_celery.cache import Store
from flake8_celery.discovery import walk
from flake8_celery.index import Index
from flake8_celery.lint import Diagnostic, Linter, Selection

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
TASKS = "from celery import shared_task\n\n\n@shared_task\ndef ship(order_id):\n    print(order_id)\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(parallel, "FEWEST", 2)
    monkeypatch.setattr(parallel, "FEWEST_FORKED", 2)
    monkeypatch.setattr(forks, "possible", lambda: False)
    root = tmp_path / "project"
    root.mkdir()
    (root / "setup.cfg").touch()
    for number in range(6):
        (root / f"tasks{number}.py").write_text(TASKS)
        (root / f"plain{number}.py").write_text("VALUE = 1\n")
    (root / "broken.py").write_text("from celery import Celery\ndef (:\n")
    (root / "latin.py").write_bytes(b"# coding: latin-1\nfrom celery import Celery  # \xe9\n")
    (root / "sp ace é.py").write_text("from celery import Celery\n")
    return root


def found(root: Path, jobs: int) -> list[Diagnostic]:
    linter = Linter(Selection(), jobs=jobs)
    return linter.lint_file(root / "tasks0.py") + linter.lint_file(root / "tasks1.py")


def read(root: Path, jobs: int) -> Store:
    store = Store.open(root)
    index = Index(root, walk(root), store)
    parallel.read(index, jobs)
    return store


@pytest.mark.parametrize("jobs", [2, 3])
@pytest.mark.parametrize("forked", [False, pytest.param(True, marks=linux)])
def test_what_they_read_is_the_same(root: Path, jobs: int, forked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "possible", lambda: forked)
    alone = Store.open(root)
    Index(root, walk(root), alone).scan()
    together = read(root, jobs)
    assert sorted(together.paths()) == sorted(alone.paths())
    for path in alone.paths():
        one, other = (store._entries[path] for store in (alone, together))
        assert (one.digest, one.concerns, one.error, one.packed) == (
            other.digest, other.concerns, other.error, other.packed,
        )  # fmt: skip
    assert found(root, jobs) == found(root, 1) != []


def test_one_process_and_small_projects_need_no_helper(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a helper is started")

    monkeypatch.setattr(parallel, "_Helper", never)
    monkeypatch.setattr(os, "fork", never, raising=False)
    assert list(read(root, 1).paths()) == []
    monkeypatch.setattr(parallel, "FEWEST", 100)
    monkeypatch.setattr(parallel, "FEWEST_FORKED", 100)
    assert list(read(root, 8).paths()) == []
    monkeypatch.setattr(forks, "possible", lambda: True)
    assert list(read(root, 8).paths()) == []


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "print('no facts')", "import os; os.kill(os.getpid(), 9)"])
def test_without_their_help_all_is_read_here(root: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    expected = found(root, 1)
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / "other"))
    monkeypatch.setattr(parallel, "_CODE", code)
    assert found(root, 3) == expected


def test_no_interpreter(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(root / "no python"))
    assert "tasks0.py" not in list(read(root, 2).paths())
    assert found(root, 2)


def test_a_stopped_run_leaves_no_helper(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    make = parallel._Helper

    def remember(*given: object) -> parallel._Helper:
        started.append(make(*given))  # type: ignore[arg-type]
        return started[-1]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parallel, "_Helper", remember)
    monkeypatch.setattr(parallel, "_CODE", "import time; time.sleep(60)")
    monkeypatch.setattr(Index, "read", stop)
    with pytest.raises(KeyboardInterrupt):
        read(root, 2)
    assert [helper._process.poll() for helper in started] == [-9]


@linux
def test_what_opens_transactions_is_read_with_the_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from django.db import transaction\n\n\ndef save():\n    with transaction.atomic():\n        pass\n"
    for path in ("money.py", "tests/test_money.py"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    monkeypatch.setattr(forks, "possible", lambda: True)
    store = read(root, 2)
    known = {path: bool(entry.packed) for path in store.paths() if (entry := store.known(path)) is not None}
    assert (known["money.py"], known["tests/test_money.py"], known["plain0.py"]) == (True, False, False)


@linux
def test_a_forked_process_that_dies_leaves_its_files_to_this_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = found(root, 1)
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / "other"))
    own, read_here = os.getpid(), Index.read

    def read_or_die(index: Index, path: str) -> bool:
        if os.getpid() != own:
            os._exit(0)
        return read_here(index, path)

    monkeypatch.setattr(Index, "read", read_or_die)
    monkeypatch.setattr(forks, "possible", lambda: True)
    assert found(root, 3) == expected != []

"""What a process beside this one reads of a project is what this one would have read."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_celery import forks, parallel
from flake8_celery.cache import Store
from flake8_celery.discovery import walk
from flake8_celery.index import Index
from flake8_celery.lint import Diagnostic, Linter
from flake8_celery.reader import Reader
from flake8_celery.source import SourceError

from .runs import children, place
from .test_changes import FILES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
MONEY = "from django.db import transaction\n\n\ndef save():\n    with transaction.atomic():\n        pass\n"
MORE = {
    "orders/broken.py": "from celery import shared_task\n\n\ndef (:\n",
    "orders/money.py": MONEY,
    "orders/tests/test_money.py": MONEY,
    "plain.py": "VALUE = 1\n",
    "Procfile": "worker: celery -A shop worker\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(forks, "possible", lambda: True)
    monkeypatch.setattr(parallel, "FEWEST_FORKED", 1)
    return place(tmp_path, monkeypatch, {**FILES, **MORE})


def opened(root: Path) -> tuple[Index, Store, Reader]:
    store = Store.open(root)
    index = Index(root, walk(root), store)
    return index, store, Reader(index, store)


def entries(store: Store, paths: set[str] | None = None) -> dict[str, object]:
    return {
        path: (entry.digest, entry.concerns, entry.transactions, entry.error, entry.packed)
        for path in store.paths()
        if (entry := store.known(path)) is not None and (paths is None or path in paths)
    }


def ahead(use_cache: bool = True) -> Linter:
    """One that looks at a whole project."""
    linter = Linter(jobs=1, use_cache=use_cache)
    linter._ahead = True
    return linter


def linted(root: Path, *, use_cache: bool = True, stays: bool = False) -> tuple[list[Diagnostic], list[str]]:
    """What is found in all files, and those that cannot be read."""
    linter = ahead(use_cache) if not stays else Linter(jobs=1)
    found: list[Diagnostic] = []
    broken = []
    for path in sorted(root.rglob("*.py")):
        try:
            found += linter.lint_file(path)
        except SourceError as error:  # noqa: PERF203
            broken.append(str(error))
    found += linter.lint_deployment(root)[0]
    linter.finish()
    return found, broken


def test_what_it_reads_is_the_same(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = children()
    index, store, reader = opened(shop)
    assert list(store.paths()) == []
    assert reader.scan()
    store.reload()
    reader.end()
    assert children() <= before
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(shop.parent / "other"))
    alone = Store.open(shop)
    other = Index(shop, walk(shop), alone)
    other.scan()
    assert other.module("orders/money.py") is not None
    assert other.deployment == index.deployment
    assert entries(store) == entries(alone)


def test_what_is_asked_for_later(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, store, reader = opened(shop)
    assert reader.scan()
    store.reload()
    assert entries(store, {"plain.py"})["plain.py"][-1] == b""  # type: ignore[index]
    index.board = reader
    monkeypatch.setattr(index, "_parse", lambda path: pytest.fail(f"{path} is read here"))
    module = index.module("plain.py")
    assert module is not None
    assert [assign.value for assign in module.body.assigns]
    assert index.module("orders/broken.py") is None
    assert index.problems["orders/broken.py"].line == 4
    reader.end()


def test_another_text_than_on_disk_is_read_here(shop: Path) -> None:
    index, store, reader = opened(shop)
    assert reader.scan()
    store.reload()
    index.board = reader
    index.overlay("plain.py", b"OTHER = 1\n")
    module = index.module("plain.py")
    assert module is not None
    assert module.body.assigned("OTHER")
    reader.end()


def test_what_is_found_is_the_same(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = linted(shop, use_cache=False)
    asked, taken = [], []
    scan, take = Reader.scan, Reader.take

    def scans(reader: Reader, progress: Callable[[int, int], None] | None) -> bool:
        asked.append(reader)
        return scan(reader, progress)

    def takes(reader: Reader, path: str) -> bool:
        taken.append(path)
        return take(reader, path)

    monkeypatch.setattr(Reader, "scan", scans)
    monkeypatch.setattr(Reader, "take", takes)
    before = children()
    assert linted(shop) == expected
    assert len(asked) == 1
    assert taken
    assert children() <= before
    assert linted(shop) == expected  # of what is kept
    assert {"CEL301", "CEL403"} <= {d.code for d in expected[0]}


def test_there_is_one_at_a_time(shop: Path) -> None:
    other = shop.parent / "other"
    shutil.copytree(shop, other)
    before = children()
    linter = ahead()
    for root in (shop, other):
        assert linter.project(root).tasks
        assert len(children() - before) == 1
    linter.finish()
    assert children() <= before


def test_who_stays_has_none(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that lints what it is asked for, such as an editor's."""
    monkeypatch.setattr(Reader, "scan", lambda *_: pytest.fail("another process reads"))
    assert linted(shop, stays=True) == linted(shop, use_cache=False)


def test_a_small_project_has_none(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "FEWEST_FORKED", 100)
    monkeypatch.setattr(Reader, "scan", lambda *_: pytest.fail("another process reads"))
    assert linted(shop) == linted(shop, use_cache=False)


@pytest.mark.parametrize("at", ["the first", "the end", "a file"])
def test_whatever_happens_to_it(shop: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    expected = linted(shop, use_cache=False)
    answer = Reader._answer
    fatal = {"the first": b"0", "the end": b"null", "a file": b'"'}[at]

    def answers(reader: Reader, question: bytes) -> bytes:
        if question.startswith(fatal):
            os.kill(os.getpid(), signal.SIGKILL)
        return answer(reader, question)

    monkeypatch.setattr(Reader, "_answer", answers)
    before = children()
    assert linted(shop) == expected
    assert children() <= before


@pytest.mark.parametrize("said", [b"", b"?", b"[]", b'"facts"', b"7"])
def test_whatever_it_says(shop: Path, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    expected = linted(shop, use_cache=False)
    monkeypatch.setattr(Reader, "_answer", lambda *_: said)
    assert linted(shop) == expected


def test_where_nothing_can_be_kept(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = linted(shop, use_cache=False)
    monkeypatch.setattr(Store, "save", lambda _: False)
    assert linted(shop) == expected


def test_who_is_interrupted_never_gets_an_old_answer(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, reader = opened(shop)
    assert reader.scan()

    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(forks, "_received", interrupted)
        with pytest.raises(KeyboardInterrupt):
            reader.take("plain.py")
    assert not reader.take("orders/money.py")


def test_only_who_made_it_asks(shop: Path) -> None:
    index, _, reader = opened(shop)
    assert reader.scan()
    index.board = reader
    told: list[bool] = []

    def asks() -> None:
        told.append(reader.take("plain.py"))
        reader.end()
        assert told == [False]

    assert forks.apart(asks)
    assert reader.take("plain.py")
    reader.end()

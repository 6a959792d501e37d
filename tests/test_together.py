"""What several processes find together is what one finds alone."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from flake8_celery import board, diagnostics, forks, lint, parallel, together
from flake8_celery.board import Board
from flake8_celery.cache import Store
from flake8_celery.discovery import walk
from flake8_celery.index import Index
from flake8_celery.lint import Diagnostic, Linter, Problem, Selection
from flake8_celery.model import Module
from flake8_celery.project import Project
from flake8_celery.source import SourceError

from . import runs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
FILES = {
    "setup.cfg": "",
    "shop/__init__.py": "",
    "shop/celery.py": "from celery import Celery\n\napp = Celery('shop', broker='redis://')\napp.autodiscover_tasks()\n",
    "shop/house.py": "from celery import shared_task\n\n\ndef job(function):\n    return shared_task(function)\n",
    "shop/work.py": "from shop.house import job\n\n\n@job\ndef count(x):\n    print(x)\n",
    "shop/plain.py": "VALUE = 1\n",
    "shop/latin.py": "VALUE = 1  # \udcff\n",
    "shop/conf.py": "task_time_limit = 5\nworker_pool = 'prefork'\n",
    "shop/broken.py": "from celery import Celery\ndef (:\n",
    "tests/test_shop.py": "from celery import shared_task\n",
    **{
        f"shop/help{n}.py": f"import requests\n\n\ndef wait():\n    requests.get('https://shop.example/{n}')\n"
        for n in range(4)
    },
    **{
        f"shop/tasks{n}.py": (
            "from celery import shared_task\n"
            f"from shop.help{n % 4} import wait\n\n\n"
            f"@shared_task\ndef ship{n}(order_id):\n"
            f"    wait()\n    print(order_id)\n    ship{n}.delay(order_id).get()\n"
        )
        for n in range(8)
    },
}
SELECTION = Selection(extend_select=("CEL9",))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parallel, "FEWEST_FORKED", 2)
    monkeypatch.setattr(together, "FEWEST", 2)
    monkeypatch.setattr(forks, "possible", lambda: True)
    files = {path: text for path, text in FILES.items() if path != "shop/latin.py"}
    root = runs.place(tmp_path, monkeypatch, files)
    (root / "shop/latin.py").write_bytes(FILES["shop/latin.py"].encode("utf-8", "surrogateescape"))
    os.utime(root / "shop/latin.py", (runs.OLD, runs.OLD))
    return root


def run(root: Path, jobs: int) -> tuple[list[Diagnostic], list[str], list[str], list[Problem]]:
    """What is found, the errors of the files that cannot be read, the files that a rule fails in, and what is wrong
    with deployment files."""
    linter = Linter(SELECTION, jobs=jobs, late=True)
    linter.clean_files(root)
    files = sorted(linter.python_files([root]))
    linter.expect(files)
    found, broken, failed = [], [], []
    for file in files:
        try:
            found += linter.lint_file(file)
        except SourceError as error:  # noqa: PERF203
            broken.append(str(error))
        except ZeroDivisionError:
            failed.append(file.name)
    deployment, problems = linter.lint_deployment(root)
    linter.finish()
    return found + deployment, broken, failed, problems


def kept(folder: Path) -> dict[str, object]:
    """What is in the cache of a project, but for numbers that are drawn and the order of files."""
    (cache,) = (file for file in folder.glob("*.json") if "." not in file.stem)
    store = Store(folder.parent / "project", cache)
    store.reload()
    known = {path: entry for path in store.paths() if (entry := store.known(path)) is not None}
    content: dict[str, object] = {
        "facts": {path: (e.digest, e.concerns, e.transactions, e.error, e.packed) for path, e in known.items()}
    }
    for file in folder.glob("*.json"):
        if ".found" not in file.name:
            continue
        said = json.loads(file.read_bytes())
        if ".asked" in file.name:
            content["asked"] = {name: what for name, what in said.items() if name != "number"}
        else:
            said["clean"].sort()
            assert said["asked"]
            content["found"] = {name: what for name, what in said.items() if name not in ("asked", "stamp")}
    return content


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pieces of work were shared, each time."""
    shared: list[int] = []
    share = forks.share

    def note(pieces: int, *given: object) -> forks.Shared:
        shared.append(pieces)
        return share(pieces, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(forks, "share", note)
    return shared


@pytest.mark.parametrize("jobs", [2, 3])
def test_they_find_and_keep_the_same(root: Path, jobs: int, forked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run(root, 1)
    assert forked == []
    assert len(alone[0]) > 8
    assert len(alone[1]) == 1
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / "other"))
    assert run(root, jobs) == alone
    assert len(forked) == 2
    assert kept(root.parent / "other") == kept(root.parent / "cache")
    assert set(kept(root.parent / "cache")) == {"facts", "asked", "found"}


def test_afterwards_nothing_is_asked_or_read_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(root, 2)

    def never(*_: object) -> None:
        raise AssertionError("a rule is asked")

    monkeypatch.setattr(lint, "lint_module", never)
    monkeypatch.setattr(together, "lint", never)
    monkeypatch.setattr(Index, "_parse", never)
    assert run(root, 2) == first


def test_a_change_that_nobody_sees_is_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(root, 2)
    asked: list[str] = []
    lint_module, lint_together = diagnostics.lint_module, together.lint

    def note(module: Module, project: Project, selection: Selection) -> list[Diagnostic]:
        asked.append(module.path)
        return lint_module(module, project, selection)

    def note_together(*given: Any) -> dict[str, list[Diagnostic]]:
        found = lint_together(*given)
        asked.extend(found)
        return found

    monkeypatch.setattr(lint, "lint_module", note)
    monkeypatch.setattr(together, "lint", note_together)
    runs.write(root / "shop/tasks3.py", "# a comment\n" + FILES["shop/tasks3.py"], runs.OLD + 5)
    after = run(root, 2)
    assert asked == ["shop/tasks3.py"]
    runs.write(root / "shop/help1.py", "def wait():\n    pass\n", runs.OLD + 5)
    later = run(root, 2)
    assert len(asked) > 1
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / "other"))
    assert run(root, 1) == later != after


@pytest.mark.parametrize("where", ["here", "elsewhere", "anywhere"])
def test_a_file_that_a_rule_fails_in_is_told_as_ever(root: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own, check_module = os.getpid(), diagnostics.check_module

    def fail(code: str, check: object, module: Module, project: Project) -> list[Diagnostic]:
        here = os.getpid() == own
        if module.path == "shop/tasks3.py" and where in ("anywhere", "here" if here else "elsewhere"):
            raise ZeroDivisionError
        return list(check_module(code, check, module, project))  # type: ignore[arg-type]

    expected = run(root, 1)
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / "other"))
    monkeypatch.setattr(together, "check_module", fail)
    if where == "anywhere":
        monkeypatch.setattr(diagnostics, "check_module", fail)
        found, broken, failed, _ = run(root, 2)
        assert failed == ["tasks3.py"]
        assert found == [d for d in expected[0] if not d.path.endswith("tasks3.py")]
        assert broken == expected[1]
    else:
        assert run(root, 2) == expected


@pytest.mark.parametrize("signalled", [False, True])
def test_without_their_help_all_is_found_here(root: Path, signalled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run(root, 1)
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / "other"))
    own, do = os.getpid(), together._Work.do

    def die(work: together._Work, number: int) -> None:
        if os.getpid() != own:
            if signalled:
                os.kill(os.getpid(), signal.SIGKILL)
            raise MemoryError
        do(work, number)

    monkeypatch.setattr(together._Work, "do", die)
    assert run(root, 3) == expected
    assert kept(root.parent / "other") == kept(root.parent / "cache")


def test_few_files_and_one_process_and_threads_need_no_other(
    root: Path, forked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run(root, 1)
    for name, value in (("FEWEST", 100), ("FEWEST", 2)):
        monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / str(value)))
        monkeypatch.setattr(together, name, value)
        monkeypatch.setattr(parallel, "FEWEST_FORKED", value)
        monkeypatch.setattr(forks, "possible", lambda value=value: value == 100)
        assert run(root, 4) == expected
    assert forked == []


def test_no_place_for_the_board(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run(root, 1)
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(root.parent / "other"))

    def full(**_: object) -> object:
        raise OSError

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    assert run(root, 2) == expected


def test_what_one_has_read_others_take_from_the_board(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = walk(root)
    one, other = (Index(root, tree, Store(root, None)) for _ in range(2))
    assert one.store is not None
    assert other.store is not None
    with Board(one.store) as first, Board(other.store) as second:
        monkeypatch.setattr(second, "_folder", first._folder)
        one.board, other.board = first, second
        read = one.module("shop/help1.py")
        assert one.module("shop/broken.py") is None
        (stale,) = (p for p in Path(first._folder.name).iterdir() if p.name == board._name("shop/help1.py"))
        monkeypatch.setattr(Index, "_parse", lambda *_: pytest.fail("read again"))
        assert other.module("shop/help1.py") == read
        assert other.module("shop/broken.py") is None
        assert list(other.problems) == ["shop/broken.py"]
        monkeypatch.undo()
        third = Index(root, tree, Store(root, None))
        assert third.store is not None
        third.board = first
        monkeypatch.setattr(first, "_store", third.store)
        stale.write_bytes(b"nothing of ours")
        assert third.module("shop/help1.py") == read

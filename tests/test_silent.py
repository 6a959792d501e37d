"""A project without Celery is hardly looked at, and tests are not parsed: nothing else is found for that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flake8_celery import lint
from flake8_celery.cache import Store
from flake8_celery.discovery import walk
from flake8_celery.index import Index
from flake8_celery.lint import Diagnostic, Linter, Selection
from flake8_celery.project import Project

OLD = 1_000_000_000
PLAIN = "import functools\n\n\n@functools.cache\ndef price(order_id):\n    return order_id\n"
TASKS = "from celery import shared_task\n\n\n@shared_task\ndef ship(order_id):\n    print(order_id)\n"
FILES = {"setup.cfg": "", "shop/__init__.py": "", "shop/prices.py": PLAIN, "shop/deep/er/plain.py": "VALUE = 1\n"}
SETTINGS = "result_backend = 'redis://'\nbroker_url = 'redis://:secret@example.com'\ntask_serializer = 'pickle'\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    for path, text in FILES.items():
        write(root / path, text)
    return root


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    os.utime(file, (OLD, OLD))


def run(root: Path, use_cache: bool = True) -> list[Diagnostic]:
    linter = Linter(Selection(), for_flake8=True, use_cache=use_cache)
    found = [d for path in sorted(root.rglob("*.py")) for d in linter.lint_file(path)]
    linter.finish()
    return found


def never(*_: object) -> None:
    raise AssertionError("that need not be done")


@pytest.mark.parametrize("use_cache", [True, False])
def test_no_project_is_made_up(shop: Path, monkeypatch: pytest.MonkeyPatch, use_cache: bool) -> None:
    monkeypatch.setattr(Project, "__init__", never)
    assert run(shop, use_cache) == []


def test_no_file_is_read_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(shop)
    linter = Linter(Selection(), for_flake8=True)
    linter.lint_file(shop / "shop/prices.py")
    monkeypatch.setattr(lint, "read", never)
    assert [linter.lint_file(shop / path) for path in FILES if path.endswith(".py")] == [[], [], []]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/deep/tasks.py", TASKS),
        ("shop/zoo.py", TASKS),
        ("shop/config.py", SETTINGS),
        ("pyproject.toml", '[tool.flake8-celery]\ntask-decorators = ["functools.cache"]\n'),
    ],
)
def test_what_speaks_of_celery_is_found(shop: Path, monkeypatch: pytest.MonkeyPatch, path: str, text: str) -> None:
    assert run(shop) == []
    write(shop / path, text)
    found = run(shop)
    assert run(shop) == found
    with monkeypatch.context() as patched:
        patched.setattr(lint, "look_through", lambda *_: False)
        assert run(shop, use_cache=False) == found
    if text == TASKS:
        assert {d.code for d in found} >= {"CEL208"}
    write(shop / path, "")
    assert run(shop) == []


def test_files_without_celery_are_not_looked_at_when_another_one_has_changed(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(shop / "shop/tasks.py", TASKS)
    write(shop / "shop/conf.py", SETTINGS)
    run(shop)
    write(shop / "shop/tasks.py", TASKS.replace("ship", "deliver"))
    expected = run(shop, use_cache=False)
    looked_at = []

    def look(path: Path) -> bytes:
        looked_at.append(path.relative_to(shop).as_posix())
        return path.read_bytes()

    with monkeypatch.context() as patched:
        patched.setattr(lint, "read", look)
        assert run(shop) == expected != []
    # the first file opens the project
    assert looked_at == ["shop/__init__.py", "shop/conf.py", "shop/tasks.py"]


@pytest.mark.parametrize("linked", [False, True])
def test_folders_belong_to_their_own_projects(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    other = tmp_path / "other" if linked else shop / "vendor" / "other"
    write(other / "setup.cfg", "")
    write(other / "jobs/tasks.py", TASKS)
    if linked:
        (shop / "vendor").mkdir()
        (shop / "vendor" / "other").symlink_to(other)
    monkeypatch.chdir(shop)
    linter = Linter(Selection(), for_flake8=True)
    names = ["shop/prices.py", "shop/deep/er/plain.py", "vendor/other/jobs/tasks.py", "./vendor/other/jobs/tasks.py"]
    assert [bool(linter.lint_file(Path(name))) for name in names] == [False, False, True, True]
    assert not linter.is_clean("vendor/other/jobs/tasks.py")
    assert linter.root(Path("vendor/other/jobs")) == other


def test_what_is_read_for_a_buffer_is_kept(shop: Path) -> None:
    text = "from celery import shared_task\n\nfrom shop import prices\n"
    task = "\n\n@shared_task(time_limit=9)\ndef ship(order_id):\n    prices.price(order_id)\n"
    write(shop / "shop/tasks.py", text + task)
    linter = Linter(Selection(), late=True)
    linter.lint_file(shop / "shop/tasks.py", f"{text}\n\ndef fresh():\n    pass\n{task}".encode())
    linter.finish()
    known = Store.open(shop).known("shop/prices.py")
    assert known is not None
    assert known.length


def test_tests_are_parsed_when_somebody_asks(shop: Path) -> None:
    write(shop / "shop/tasks.py", TASKS)
    write(shop / "shop/tests/test_tasks.py", TASKS)
    store = Store.open(shop)
    project = Project(Index(shop, walk(shop), store))
    assert [module.path for module in project.modules] == ["shop/tasks.py"]
    assert project.concerns("shop/tests/test_tasks.py")
    known = store.known("shop/tests/test_tasks.py")
    assert known is not None
    assert known.concerns
    assert not known.packed
    module = project.find_module("shop.tests.test_tasks")
    assert module is not None
    assert [scope.name for scope in module.functions] == ["ship"]

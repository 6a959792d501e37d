"""One way in: selection, suppression, buffers that are not saved, and files the engine cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.config import Config
from flake8_celery.lint import Linter, Selection
from flake8_celery.source import SourceError
from tests.projects import write

PRINTS = """
from celery import shared_task

@shared_task
def f():
    print("x")
"""


@pytest.mark.parametrize(
    ("selection", "enabled", "disabled"),
    [
        (Selection(), ["CEL101", "CEL807"], ["CEL903"]),
        (Selection(select=("CEL",)), ["CEL101"], ["CEL903"]),
        (Selection(select=("CEL9",)), ["CEL903", "CEL917"], ["CEL101"]),
        (Selection(extend_select=("CEL9",)), ["CEL903", "CEL101"], []),
        (Selection(extend_select=("CEL903",)), ["CEL903", "CEL101"], ["CEL917"]),
        (Selection(extend_select=("CEL9",), ignore=("CEL917",)), ["CEL903"], ["CEL917"]),
        (Selection(ignore=("CEL4",)), ["CEL301"], ["CEL401"]),
        (Selection(select=("CEL401",), ignore=("CEL4",)), ["CEL401"], ["CEL402"]),
        (Selection(select=("CEL4",), ignore=("CEL4",)), [], ["CEL401"]),
        (Selection(select=("E", "F")), [], ["CEL101"]),
    ],
)
def test_selection(selection: Selection, enabled: list[str], disabled: list[str]) -> None:
    assert [c for c in enabled + disabled if selection.enabled(c)] == enabled


def found(linter: Linter, path: Path, data: bytes | None = None) -> list[tuple[str, int]]:
    return [(d.code, d.span.line) for d in linter.lint_file(path, data)]


@pytest.fixture
def linter() -> Linter:
    return Linter(Selection(select=("CEL208",)), use_cache=False)


def test_noqa(tmp_path: Path, linter: Linter) -> None:
    write(tmp_path, {"a.py": PRINTS, "b.py": PRINTS.replace('("x")', '("x")  # noqa: CEL208')})
    assert found(linter, tmp_path / "a.py") == [("CEL208", 5)]
    assert found(linter, tmp_path / "b.py") == []


def test_a_buffer_counts_instead_of_the_file(tmp_path: Path, linter: Linter) -> None:
    write(tmp_path, {"a.py": PRINTS})
    assert found(linter, tmp_path / "a.py", PRINTS.replace("print", "log").encode()) == []
    assert found(linter, tmp_path / "new.py", PRINTS.encode()) == [("CEL208", 6)]
    assert found(linter, tmp_path / "a.py") == [("CEL208", 5)]


def test_a_file_that_the_walk_leaves_out_is_linted_when_named(tmp_path: Path, linter: Linter) -> None:
    write(tmp_path, {"build/lib/a.py": PRINTS, ".hidden/b.py": PRINTS})
    assert found(linter, tmp_path / "build/lib/a.py") == [("CEL208", 5)]
    assert found(linter, tmp_path / ".hidden/b.py") == [("CEL208", 5)]


def test_tests_are_left_alone(tmp_path: Path, linter: Linter) -> None:
    write(tmp_path, {"tests/test_a.py": PRINTS})
    assert found(linter, tmp_path / "tests/test_a.py") == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"from celery import x\n\xff\xfe\n", "cannot decode"),
        (b"from celery import x\n\0\n", "NUL"),
        (b"from celery import (\n", "syntax error"),
        (b"# coding: nonsense\nimport celery\n", "cannot decode"),
        (b"import celery\nx = " + b"(" * 3000 + b")" * 3000 + b"\n", "deep|syntax|parse"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, linter: Linter, data: bytes, message: str) -> None:
    write(tmp_path, {"good.py": PRINTS})
    (tmp_path / "bad.py").write_bytes(data)
    with pytest.raises(SourceError, match=message) as caught:
        linter.lint_file(tmp_path / "bad.py", display="shown.py")
    assert caught.value.path == "shown.py"
    assert found(linter, tmp_path / "good.py") == [("CEL208", 5)]


def test_configuration_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": PRINTS, "pyproject.toml": "[tool.flake8-celery]\nignore = ['CEL208']\n"})
    assert found(Linter(use_cache=False), tmp_path / "a.py") == []
    assert ("CEL208", 5) in found(Linter(use_cache=False, config=Config()), tmp_path / "a.py")


def test_projects_beside_each_other_are_apart(tmp_path: Path) -> None:
    app = "from celery import Celery\napp = Celery('x')\n"
    write(tmp_path / "one", {"celery_app.py": app})
    write(tmp_path / "two", {"celery_app.py": app})
    linter = Linter(Selection(select=("CEL101",)), use_cache=False)
    files = list(linter.python_files([tmp_path]))
    assert len(files) == 2
    assert [d for file in files for d in linter.lint_file(file)] == []
    assert linter.project(files[0]) is not linter.project(files[1])


def test_cached_facts_give_the_same_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(tmp_path / "cache"))
    project = write(tmp_path / "proj", {"a.py": PRINTS, "b.py": "from a import f\nf.delay()\n"})
    first = found(Linter(Selection(select=("CEL208",))), project / "a.py")
    assert list((tmp_path / "cache").rglob("*.json"))
    assert found(Linter(Selection(select=("CEL208",))), project / "a.py") == first == [("CEL208", 5)]
    (project / "a.py").write_text("\n" + (project / "a.py").read_text())
    assert found(Linter(Selection(select=("CEL208",))), project / "a.py") == [("CEL208", 6)]


@pytest.mark.parametrize(
    "text",
    [
        "task_time_limt = 60\n",
        "BROKER_URL = 'x'\ntask_time_limt = 60\n",
        "class Config:\n    worker_prefetch_multiplyer = 1\n",
        "class Config:\n    broker_url = 'redis://localhost'\n    result_expire = 1\n",
    ],
)
def test_a_configuration_need_not_name_celery(tmp_path: Path, text: str) -> None:
    source = "conf:Config" if "class" in text else "conf"
    app = f"from celery import Celery\napp = Celery('a')\napp.config_from_object('{source}')\n"
    write(tmp_path, {"a.py": app, "conf.py": text})
    linter = Linter(Selection(select=("CEL801",)), use_cache=False)
    assert [code for code, _ in found(linter, tmp_path / "conf.py")] == ["CEL801"]


def test_a_file_may_begin_with_a_bom(tmp_path: Path) -> None:
    """The first line counts: a setting of Celery's, and an import that leads to a module."""
    for name, text in {
        "setup.cfg": "",
        "shop/__init__.py": "",
        "shop/celery.py": "from celery import Celery\n\napp = Celery()\napp.config_from_object('shop.celeryconfig')\n",
        "shop/celeryconfig.py": '\ufeffbroker_url = "redis://localhost/0"\nimports = ("shop.mial",)\n',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    linter = Linter(Selection(), use_cache=False)
    assert [d.code for d in linter.lint_file(tmp_path / "shop/celeryconfig.py")] == ["CEL103"]
    index = linter.project(tmp_path).index
    (tmp_path / "shop/main.py").write_text("\ufeffimport shop.celery\n", "utf-8")
    from flake8_celery.discovered import graph

    project = Linter(Selection(), use_cache=False).project(tmp_path)
    assert index.tree.python.keys() < project.index.tree.python.keys()
    assert "shop/celery.py" in graph(project).reached(["shop/main.py"])

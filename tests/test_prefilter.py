"""The prefilter loses no finding: every file parsed, the same is found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flake8_celery import lint, source
from flake8_celery.rule import pages_folder
from tests.pages import Case, cases

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
BAD = [case for page in sorted(pages_folder().glob("CEL*.md")) for case in cases(page) if case.bad]
EXAMPLES = sorted(p for p in (ROOT / "examples").glob("*/*") if p.name in ("before", "after"))


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prefilter", ROOT / "benchmarks" / "prefilter.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["prefilter"] = module
    spec.loader.exec_module(module)
    return module


prefilter = script()


@pytest.mark.parametrize("case", BAD, ids=lambda c: f"{c.page}-{c.title}")
def test_what_pages_show_is_found_behind_the_prefilter(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    (tmp_path / "setup.cfg").touch()
    for path in tmp_path.rglob("setup.py"):
        (path.parent / "__init__.py").touch()  # else its folder is a project of its own
    linter = lint.Linter(lint.Selection(select=(case.page,)), use_cache=False)
    found = [diagnostic for path in linter.python_files([tmp_path]) for diagnostic in linter.lint_file(path)]
    found += linter.lint_deployment(tmp_path)[0]
    lines = {(Path(diagnostic.path).relative_to(tmp_path).as_posix(), diagnostic.span.line) for diagnostic in found}
    assert lines == case.expected


@pytest.mark.parametrize("project", EXAMPLES, ids=lambda p: "-".join(p.parts[-2:]))
def test_the_examples_have_the_same_findings_when_every_file_is_parsed(project: Path) -> None:
    usual, full = prefilter.compare(project)
    assert usual == full
    assert usual  # of the policies in any case


def test_the_comparison_notices_what_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "setup.cfg").touch()
    text = "from celery import Celery\n\napp = Celery('proj', broker='redis://')\n\n\n"
    (tmp_path / "tasks.py").write_text(f"{text}@app.task\ndef pay():\n    print('paid')\n")
    usual, full = prefilter.compare(tmp_path)
    assert usual == full
    assert {"CEL208"} <= {finding.code for finding in usual}
    for user in (source, lint, prefilter.index):
        monkeypatch.setattr(user, "concerns_celery", lambda _data: False)
    blind, full = prefilter.compare(tmp_path)
    assert not blind
    assert full == usual


def test_afterwards_the_prefilter_is_the_usual_one() -> None:
    users = [vars(module) for module in (source, lint, prefilter.index)]
    before = [user["concerns_celery"] for user in users]
    with prefilter.every_file():
        assert all(user["concerns_celery"](b"") for user in users)
    assert [user["concerns_celery"] for user in users] == before
    assert not source.concerns_celery(b"")

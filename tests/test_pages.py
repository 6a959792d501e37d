"""Every rule page is executed: its bad code is reported on the marked lines, its good code is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery import diagnostics, lint
from flake8_celery.rule import pages_folder
from tests.pages import Case, cases

PAGES = sorted(pages_folder().glob("CEL*.md"))
CASES = [case for page in PAGES for case in cases(page) if case.section != "Fixed"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.page}-{c.title}")
def test_case(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    (tmp_path / "setup.cfg").touch()
    project = lint.open_project(tmp_path, use_cache=False)
    selection = lint.Selection(select=(case.page,))
    found: dict[tuple[str, int], str] = {}
    for path in sorted(project.index.tree.python):
        module = project.module(path)
        assert module is not None, f"{path} cannot be parsed: {project.index.problems.get(path)}"
        for diagnostic in diagnostics.lint_module(module, project, selection):
            found[(diagnostic.path, diagnostic.span.line)] = diagnostic.message
    for diagnostic in diagnostics.lint_deployment(project, selection):
        found[(diagnostic.path, diagnostic.span.line)] = diagnostic.message
    assert not project.deployment.problems
    assert set(found) == case.expected, found
    assert bool(case.expected) == case.bad, "a bad case needs a mark, a good one has none"
    assert all("\n" not in message and message for message in found.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_page_has_good_and_bad(page: Path) -> None:
    shown = [case for case in cases(page) if case.section != "Fixed"]
    assert any(case.bad for case in shown)
    assert any(not case.bad for case in shown)

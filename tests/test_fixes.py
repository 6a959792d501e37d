"""The repairs on the pages: each bad case becomes the fixed one, and nothing else is touched."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery import lint
from flake8_celery.fixes import Fix, deployment_fixers, fixers
from flake8_celery.fixes.engine import Outcome, repair
from flake8_celery.rule import load, pages_folder
from tests.pages import Case, cases

PAGES = {page.stem: list(cases(page)) for page in sorted(pages_folder().glob("CEL*.md"))}
CODES = sorted({*fixers(), *deployment_fixers()})
BAD = [case for code in CODES for case in PAGES[code] if case.section == "Bad"]
_GRADES = ("none", "safe", "unsafe")


def repaired(folder: Path, files: dict[str, str], *codes: str) -> tuple[dict[str, str], list[Outcome]]:
    """The files after every repair of these rules, and what happened in each of them. Every rule must stay as silent
    about them as it was."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    (folder / "setup.cfg").touch()
    outcomes = []
    for path in files:
        linter = lint.Linter(lint.Selection(extend_select=codes), use_cache=False)

        if not path.endswith(".py") and linter._in_deployment(folder / path) is None:
            continue

        def look(
            texts: dict[str, bytes], path: str = path, linter: lint.Linter = linter
        ) -> tuple[list[lint.Diagnostic], dict[lint.Diagnostic, Fix]]:
            found, fixes = linter.repairs(folder / path, {folder / p: t for p, t in texts.items()})
            return found, {diagnostic: fix for diagnostic, fix in fixes.items() if diagnostic.code in codes}

        outcome = repair(path, lambda p: (folder / p).read_bytes(), look, unsafe=True)  # type: ignore[arg-type]
        for changed, data in outcome.texts.items():
            (folder / changed).write_bytes(data)
        outcomes.append(outcome)
    return {path: (folder / path).read_bytes().decode() for path in files}, outcomes


@pytest.mark.parametrize("case", BAD, ids=lambda c: f"{c.page}-{c.title}")
def test_bad_becomes_fixed(case: Case, tmp_path: Path) -> None:
    title = case.title.replace("Bad", "Fixed", 1)
    fixed = next((c for c in PAGES[case.page] if c.title == title), None)
    expected = case.unmarked | (fixed.files if fixed is not None else {})
    assert fixed is None or set(fixed.files) <= set(case.files), "a repair makes no files"
    found, outcomes = repaired(tmp_path, case.unmarked, case.page)
    assert found == expected
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    again, _ = repaired(tmp_path, found, case.page)
    assert again == found


@pytest.mark.parametrize("code", PAGES)
def test_page_says_which_repair_there_is(code: str, tmp_path: Path) -> None:
    assert (load(code).fix != "none") == (code in CODES)
    grades = set()
    for number, case in enumerate(PAGES[code]):
        if case.section == "Bad" and code in CODES:
            folder = tmp_path / str(number)
            _, outcomes = repaired(folder, case.unmarked, code)
            grades |= {fix.safety for outcome in outcomes for _, fix in outcome.fixed}
    assert load(code).fix == max(grades, key=_GRADES.index, default="none")
    assert bool(grades) == any(case.section == "Fixed" for case in PAGES[code])


def test_each_fixed_case_is_that_of_a_bad_one() -> None:
    for shown in PAGES.values():
        bad = {case.title for case in shown if case.section == "Bad"}
        for case in shown:
            if case.section == "Fixed":
                assert case.title.replace("Fixed", "Bad", 1) in bad


FOOTER = "\n\n# -- Schluß --\n"
LAYOUTS: dict[str, Callable[[str], str]] = {
    "a comment at the end": lambda text: text + FOOTER,
    "no newline at the end": lambda text: text.rstrip("\n"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "a BOM": lambda text: "\ufeff" + text,
}
REPAIRED = [case for case in BAD if any(c.title == case.title.replace("Bad", "Fixed", 1) for c in PAGES[case.page])]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=st.sampled_from(REPAIRED), layouts=st.sets(st.sampled_from(sorted(LAYOUTS)), min_size=1))
def test_repairs_keep_the_layout(case: Case, layouts: set[str]) -> None:
    def laid_out(files: dict[str, str]) -> dict[str, str]:
        changed = dict(files)
        for path in files:
            for name, lay_out in LAYOUTS.items():  # the BOM comes last
                if path.endswith(".py") and name in layouts and case.files[path].strip():
                    changed[path] = lay_out(changed[path])
        return changed

    fixed = next(c for c in PAGES[case.page] if c.title == case.title.replace("Bad", "Fixed", 1))
    with tempfile.TemporaryDirectory() as folder:
        found, outcomes = repaired(Path(folder), laid_out(case.unmarked), case.page)
    assert found == laid_out(case.unmarked | fixed.files)
    assert not [failure for outcome in outcomes for failure in outcome.failures]

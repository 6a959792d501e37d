"""What the linter finds of real defects: it may find more of them, and never less."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.rule import pages_folder
from tests.recall_cases import Defect, defects

DEFECTS = list(defects())


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name)
def test_defect(defect: Defect, tmp_path: Path) -> None:
    findings = defect.findings(tmp_path)
    if defect.missed:
        assert not defect.is_found(findings), "it is found: take the reason away and count it in docs/precision.md"
    else:
        assert defect.is_found(findings), sorted(findings)


FRESH = 200
"""The number from which on the cases were collected when the rules had been changed because of those before."""


@pytest.mark.parametrize(("label", "fresh"), [("all", False), ("fresh", True)])
def test_the_numbers_are_those_of_the_document(label: str, fresh: bool) -> None:
    chosen = [defect for defect in DEFECTS if (int(defect.name[:3]) >= FRESH) is fresh]
    found = sum(not defect.missed for defect in chosen)
    at_first = sum(not defect.missed and "before" not in defect.head for defect in chosen)
    text = (pages_folder().parent / "docs" / "precision.md").read_text("utf-8")
    share = [f"{number} ({number * 100 // len(chosen)} %)" for number in (at_first, found)]
    assert f"| {label} | {len(chosen)} | {share[0]} | {share[1]} |" in text
    assert all(f"| {defect.name[:3]} | [" in text and defect.head["source"] in text for defect in chosen)


def test_the_defects_are_spread() -> None:
    known = {page.stem for page in pages_folder().glob("CEL*.md")}
    assert len({defect.code for defect in DEFECTS} & known) >= 25
    assert all(defect.missed for defect in DEFECTS if defect.code not in known)

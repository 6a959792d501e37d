"""What the linter finds of real defects: it may find more of them, and never less."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.rule import pages_folder
from tests.recall_cases import Defect, defects
from tests.test_rules_agree import script

DEFECTS = list(defects())


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name)
def test_defect(defect: Defect, tmp_path: Path) -> None:
    findings = defect.findings(tmp_path)
    if defect.missed:
        assert not defect.is_found(findings), "it is found: take the reason away and count it in docs/precision.md"
    else:
        assert defect.is_found(findings), sorted(findings)


def test_the_numbers_are_those_of_the_document() -> None:
    assert script("recall_table").main(["--check"]) == 0, "run scripts/recall_table.py"


def test_the_defects_are_spread() -> None:
    known = {page.stem for page in pages_folder().glob("CEL*.md")}
    assert len({defect.code for defect in DEFECTS} & known) >= 25
    assert all(defect.missed for defect in DEFECTS if defect.code not in known)

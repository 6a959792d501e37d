"""The guide shows the example shop as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_celery.harness.outcome import ALL
from flake8_celery.lint import Linter, Selection

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "harness.md").read_text("utf-8")
SHOWN = re.findall(r"^```python path=(\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SHOPS = ROOT / "examples" / "harness"


def test_every_file_of_the_example_is_shown() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in SHOPS.rglob("*.py")}
    assert {path for path, _ in SHOWN} == files


@pytest.mark.parametrize(("path", "text"), SHOWN, ids=[path for path, _ in SHOWN])
def test_files_are_shown_as_they_are(path: str, text: str) -> None:
    assert (ROOT / path).read_text("utf-8") == text


def test_every_fault_is_explained() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)) == ALL


def test_the_linter_has_nothing_against_the_fixed_shop() -> None:
    linter = Linter(Selection(extend_select=("CEL903", "CEL904")), use_cache=False)
    assert linter.lint_file(SHOPS / "fixed" / "shop.py") == []

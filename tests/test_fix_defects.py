"""What holds for every repair holds in the code of real defects, which nobody wrote for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.recall_cases import Defect, defects
from tests.test_fix_properties import Run, check
from tests.test_fixes import CODES

EXCEPTIONS = {
    ("095-one-mebibyte-of-result", "CEL805"): "what JSON refuses is found then, and the repair is taken back",
    ("101-task-decorator-module-removed", "CEL809"): "tasks are seen then, and what is wrong with them",
}


@pytest.mark.parametrize("defect", [d for d in defects() if d.files], ids=lambda d: d.name)
def test_repairs_hold_on_real_defects(defect: Defect) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = set(Run(Path(folder), "CEL0", defect.files).codes())
    for code in sorted(found & set(CODES)):
        if (defect.name, code) not in EXCEPTIONS:
            check(code, defect.files)


def test_exceptions_are_such() -> None:
    files = {defect.name: defect.files for defect in defects()}
    for name, code in EXCEPTIONS:
        with pytest.raises(AssertionError):
            check(code, files[name])

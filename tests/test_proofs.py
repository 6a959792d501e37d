"""Every proof belongs to a page, and its bad code is what the rule reports, its good code what it does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flake8_celery import rule
from flake8_celery.harness import proofs
from flake8_celery.lint import Linter, Selection

PROOFS = {proof.code: proof for proof in proofs.load()}


def findings(proof: proofs.Proof, variant: str, folder: Path) -> list[str]:
    root = folder / variant
    shutil.copytree(proof.folder / variant, root)
    (root / "setup.cfg").touch()
    linter = Linter(Selection(select=(proof.code,)), use_cache=False)
    found = [diagnostic for path in linter.python_files([root]) for diagnostic in linter.lint_file(path)]
    return [diagnostic.code for diagnostic in (*found, *linter.lint_deployment(root)[0])]


@pytest.mark.parametrize("code", PROOFS)
def test_the_rule_sees_what_the_proof_shows(code: str, tmp_path: Path) -> None:
    assert findings(PROOFS[code], "bad", tmp_path)
    assert not findings(PROOFS[code], "good", tmp_path)


@pytest.mark.parametrize("code", PROOFS)
def test_the_page_names_what_must_be_seen(code: str) -> None:
    proof = PROOFS[code]
    assert rule.load(code).proof != "none"
    seen = [
        (proof.expected("bad", broker, "5.7.0"), proof.expected("good", broker, "5.7.0")) for broker in proof.brokers
    ]
    assert any(bad != good for bad, good in seen)  # some mistakes do no harm on one of the brokers, which the page says


def test_every_rule_that_a_run_decides_is_proved() -> None:
    decided = {found.code for found in rule.rules() if found.proof != "none"}
    assert decided == set(PROOFS)

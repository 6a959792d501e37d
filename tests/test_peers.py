"""docs/peers.md says what was reported, about the sample as it is."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery.rule import rules

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("peers", ROOT / "benchmarks" / "peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["peers"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_those_of_the_reports() -> None:
    peers = script()
    reported = json.loads(peers.REPORTED.read_text("utf-8"))
    assert peers.tables(reported) in peers.PAGE.read_text("utf-8")


def test_the_reports_are_about_the_sample_as_it_is() -> None:
    peers = script()
    reported = json.loads(peers.REPORTED.read_text("utf-8"))
    assert set(reported) == {peers.OURS, *(p.name for p in peers.PEERS)}
    assert {tool: known["sample"] for tool, known in reported.items()} == {
        tool: peers.digest(tool) for tool in reported
    }


def test_each_case_says_what_is_bad_or_good() -> None:
    peers = script()
    assert [r.case for r in peers.RULES if not list(peers.blocks(peers.SAMPLE / r.case.partition(":")[0]))] == []


def test_what_is_planned_has_no_page_and_the_rest_has() -> None:
    peers = script()
    known = {rule.code for rule in rules()}
    assert {code for r in peers.RULES for code in r.ours} <= known
    assert not {code for r in peers.RULES for code in r.planned} & known

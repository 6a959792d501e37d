"""docs/performance.md says what was measured, and what sums the numbers up is right; no time is measured here."""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import speed  # noqa: E402
from measuring import made, page, plot, process, summary  # noqa: E402
from measuring.reasons import reason  # noqa: E402
from measuring.variants import Variant, lengths, sizes, variants  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "speed.json"


def results() -> Any:
    return json.loads(RESULTS.read_text("utf-8"))


def runs(**given: list[float]) -> summary.Runs:
    return {name.replace("_", " "): {"wall": v, "cpu": [2 * x for x in v], "peak": [10.0]} for name, v in given.items()}


def test_the_page_and_its_plots_are_written_from_the_numbers() -> None:
    assert page.text(results()) == page.PAGE.read_text("utf-8")
    assert page.picture(results()) == page.PICTURE.read_text("utf-8")


def test_the_numbers_are_kept_as_they_are_read() -> None:
    assert page.lines(results()) == RESULTS.read_text("utf-8")


def test_each_goal_that_is_not_met_has_a_reason() -> None:
    unmet = [outcome for outcome in summary.outcomes(results()) if outcome.met is False]
    told = page._unmet(unmet)
    for outcome in unmet:
        assert reason(outcome.goal) is not None, outcome.goal
        assert any(f"- {outcome.goal}: " in line and outcome.where in line for line in told.splitlines())
    assert told.count("*What it would take*") == len({reason(outcome.goal) for outcome in unmet})
    assert page._unmet([outcome for outcome in summary.outcomes(results()) if outcome.met]) == ""


def test_every_variant_measured_is_one_that_can_be_measured_again() -> None:
    known = {variant.name for variant in variants(jobs=True)}
    for project in results()["projects"].values():
        assert set(project["runs"]) <= known
    for kind, every in (("files", sizes()), ("lines", lengths())):
        for record in results()[kind].values():
            assert set(record["runs"]) <= {variant.name for variant in every}


def test_every_variant_has_a_place_on_the_page() -> None:
    for variant in variants(jobs=True):
        project = {
            "runs": {variant.name: {"wall": [1.25], "cpu": [1.0], "peak": [50.0]}},
            "files": 1, "lines": 10, "share": 0.5, "shown": 10, "source": "",
        }  # fmt: skip
        assert f"| {variant.name} | 1.250 |" in page._project("proj", project)


def test_names_of_variants_are_unique_and_ours_have_a_cache_of_their_own() -> None:
    every = variants(jobs=True)
    assert len({variant.name for variant in every}) == len(every)
    assert all(variant.cache for variant in every if "ours" in variant.name)
    groups: dict[str, set[str]] = {}
    for variant in every:
        if variant.cache:
            groups.setdefault(variant.cache, set()).add(variant.group)
    assert all(len(found) == 1 for found in groups.values())


def test_medians_and_ratios() -> None:
    given = runs(a=[1.0, 9.0, 2.0], b=[4.0, 4.5], none=[])
    assert summary.median(given, "a") == 2.0
    assert summary.median(given, "b", "cpu") == 8.5
    assert summary.median(given, "none") is summary.median(given, "unknown") is None
    assert summary.ratio(given, "b", "a") == 2.125
    assert summary.ratio(given, "b", "none") is summary.ratio(given, "unknown", "a") is None
    assert summary.median({"a": {"over": 60}}, "a") is summary.median({"a": {"failed": "exit code 2"}}, "a") is None


def test_all_processes_have_at_least_the_memory_of_the_largest() -> None:
    given: summary.Runs = {
        "a": {"peak": [50.0], "tree": 45.0},
        "b": {"peak": [50.0, 40.0], "tree": 80.0},
        "c": {"peak": [30.0]},
    }
    assert [summary.together(given, name) for name in "abcd"] == [50.0, 80.0, None, None]
    assert [summary.memory(given, name) for name in "abcd"] == [50.0, 80.0, 30.0, None]


def test_what_ours_adds_is_taken_from_bare_flake8() -> None:
    given = {
        "flake8 -j1": {"cpu": [10.0]},
        "bare flake8": {"cpu": [4.0, 4.2, 4.1]},
        "bare flake8 + ours, cold": {"cpu": [4.6]},
    }
    assert summary.added(given, "cold") == pytest.approx(1.05)
    assert summary.added(given, "warm") is None


@pytest.mark.parametrize(
    ("share", "cold", "warm"),
    [
        (0.0, 1.01, 1.01),
        (0.01, 1.04, 1.02),
        (0.031, 1.04, 1.02),
        (0.0655, 1.08, 1.07),
        (0.1, 1.12, 1.12),
        (1, 1.12, 1.12),
    ],
)
def test_the_more_celery_the_more_it_may_take(share: float, cold: float, warm: float) -> None:
    assert summary.most_cpu(share, "cold") == pytest.approx(cold)
    assert summary.most_cpu(share, "warm") == pytest.approx(warm)


def measured(**given: float) -> summary.Runs:
    return {name: {"wall": [value], "cpu": [value], "peak": [value]} for name, value in given.items()}


def test_goals_are_judged_by_the_numbers() -> None:
    project = {"files": 4_000, "lines": 1, "share": 0.031, "shown": 1, "runs": {
        **measured(**{
            "flake8 -j1": 10.0, "flake8 -j1 + ours, cold": 10.5, "flake8 -j1 + ours, warm": 10.1,
            "bare flake8": 3.0, "bare flake8 + ours, cold": 3.3,
            "ours, cold": 2.0, "ours, warm": 0.5, "ours, one file changed": 0.85, "ours, that file alone": 0.6,
            "ours, a file without Celery changed": 0.7,
            "ours, an empty folder": 0.3, "flake8-pie -j1": 8.0, "semgrep -j1": 5.0, "ruff, no cache": 0.4,
            "ruff, warm": 0.2, "python -c pass": 0.04, "ours on a file": 0.6, "flake8 on a file": 0.5,
            "ours on a file, a function": 1.2,
        }),
        "flake8-pie -j2": {"over": 60},
    }}  # fmt: skip
    sized = {
        str(n): {"lines": n, "runs": measured(**{"ours, cold": n / 100, "ours, warm": n**2})} for n in (1_000, 10_000)
    }
    long = {str(n): {"lines": n, "runs": measured(**{"ours, cold": n / 100})} for n in (1_000, 20_000)}
    found = {o.goal: o for o in summary.outcomes({"projects": {"proj": project}, "files": sized, "lines": long})}
    judged = {
        goal: (outcome.found and round(outcome.found, 3), round(outcome.most, 3), outcome.met)
        for goal, outcome in found.items()
    }
    assert judged == {
        "flake8 -j1 with ours by flake8 alone, cold: processor time": (1.05, 1.04, False),
        "flake8 and what ours adds to bare flake8 by flake8 alone, cold: processor time": (1.03, 1.04, True),
        "flake8 -j1 with ours by flake8 alone, warm: processor time": (1.01, 1.02, True),
        "flake8 and what ours adds to bare flake8 by flake8 alone, warm: processor time": (None, 1.02, None),
        "flake8 -j1 with ours by flake8 alone, cold: memory": (1.05, 1.3, True),
        "our command, cold, by semgrep -j1": (0.4, 0.5, True),
        "our command, warm, by ruff without its cache": (1.25, 1, False),
        "our command, warm, by ruff with its cache": (2.5, 3, True),
        "our command, one file changed, less that file's own cost, by unchanged": (1.1, 1.2, True),
        "our command, one file changed, a function, less that file's own cost, by unchanged": (None, 1.2, None),
        "our command, a file without Celery changed, by unchanged": (1.4, 1.2, False),
        "a file from an editor, were `python -c pass` to take 0.02 s": (0.3, 0.35, True),
        "a file from an editor, by plain flake8": (1.2, 1.3, True),
        "a file from an editor, a function, were `python -c pass` to take 0.02 s": (0.6, 0.35, False),
        "a file from an editor, a function, by plain flake8": (2.4, 1.3, False),
        "10,000 files by 1,000, our command, cold": (10, 11, True),
        "10,000 files by 1,000, our command, warm": (100, 11, False),
        "20,000 lines in a file by 1,000, our command, cold": (20, 22, True),
    }


def test_what_was_not_measured_is_neither_met_nor_unmet() -> None:
    project = {"files": 10, "lines": 1, "share": 0.2, "shown": 1, "runs": {}}
    outcomes = summary.outcomes({"projects": {"proj": project}, "files": {}, "lines": {}})
    assert outcomes
    assert {outcome.met for outcome in outcomes} == {None}


def test_flake8_is_compared_where_it_ran_most_often() -> None:
    given = {f"flake8 -j{jobs} + ours, cold": {"wall": [1.0] * count} for jobs, count in ((1, 2), (2, 3))}
    assert summary.most_often(given) == 2
    given["flake8 -j1 + ours, cold"]["wall"].append(1.0)
    assert summary.most_often(given) == 1


def test_different_findings_are_told() -> None:
    runs = {"ours, cold": {"found": 3}, "ours, warm": {"found": 3}, "ours, an empty folder": {"found": 0}}
    given: dict[str, Any] = {"projects": {"proj": {"runs": runs}}}
    assert not summary.disagreements(given)
    runs["ours, warm"]["found"] = 2
    assert summary.disagreements(given) == ["proj, ours, cold: [2, 3]"]


class _Counting:
    """A session that counts what is run."""

    def __init__(self, **done: int) -> None:
        self.told = done

    def rounds(self, chosen: Sequence[Variant], most: int, _: float) -> dict[str, int]:
        return {variant.name: most for variant in chosen}

    def done(self, variant: Variant) -> int:
        return self.told[variant.name]

    def round(self, chosen: Sequence[Variant], **_: bool) -> Iterator[str]:
        for variant in chosen:
            self.told[variant.name] += 1
            yield variant.name


def test_what_is_resumed_goes_on_where_rounds_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed.Bench, "_install", lambda _: None)
    options = argparse.Namespace(
        work=tmp_path, results=tmp_path / "speed.json", projects=["kept"], sizes=[], lengths=[], prepare=False,
        rounds=5, seconds=60.0, minutes=60.0,
    )  # fmt: skip
    bench = speed.Bench(options, {})
    counting: Any = _Counting(one=3, two=4)
    chosen = [Variant(name, "alone", "flake8-ours", ()) for name in ("one", "two")]
    monkeypatch.setattr(bench, "_add", lambda _: bench.sessions.update(kept=(counting, chosen)))
    bench.run()
    assert counting.told == {"one": 5, "two": 5}


def test_a_picture_is_svg_whose_names_stand_apart() -> None:
    bars, height = plot.bars("Ti<tle", "s", [plot.Bar("a & b", 0.02, ours=True), plot.Bar("c", 60, more=True)], 8)
    lines, height = plot.curves(
        "t", "files", "s", {n: [(100, 1.0), (1000, 2.0 + i / 1000)] for i, n in enumerate("xyz")}, height
    )
    root = ET.fromstring(plot.picture([bars, lines], height))
    texts = {"".join(e.itertext()): float(e.get("y", 0)) for e in root.iter() if e.tag.endswith("text")}
    assert {"Ti<tle", "a & b", "> 60", "0.02"} <= set(texts)
    heights = sorted(y for text, y in texts.items() if text[:3] in ("x (", "y (", "z ("))
    assert len(heights) == 3
    assert all(below - above >= 15 for above, below in pairwise(heights))
    assert max(texts.values()) < height


def test_a_file_is_about_celery_by_its_syntax() -> None:
    for text in ("import celery.app", "from kombu import Queue", "@x.task(bind=True)\ndef f(): ...", "pay.delay(1)"):
        assert made.is_about_celery(text.encode())
    for text in (
        "# celery",
        "'celery'",
        "from .celery import x",
        "pay.run(1)",
        "@x.tasks\ndef f(): ...",
        "syntax error",
    ):
        assert not made.is_about_celery(text.encode())


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_every_beginning_of_what_is_spread_is_even(count: int) -> None:
    spread = made.spread(range(count))
    assert sorted(spread) == list(range(count))
    half = spread[: (count + 1) // 2]
    assert abs(sum(value < count / 2 for value in half) - len(half) / 2) <= 1


def test_made_projects_have_the_size_and_the_celery_of_the_pool(tmp_path: Path) -> None:
    pool = [made.File(f"p/m{n}.py", b"x = 1\n" * n, False) for n in range(1, 91)]
    pool += [made.File(f"p/t{n}.py", b"import celery\n", True) for n in range(10)]
    for count in (10, 50, 250):
        lines = made.make_project(pool, count, tmp_path)
        found = made.files(tmp_path)
        assert len(found) == count
        assert sum(file.lines for file in found) == lines == pytest.approx(count * 41, rel=0.25)
        assert sum(file.celery for file in found) == pytest.approx(count / 10, abs=1)


def test_made_modules_have_the_length_and_can_be_parsed(tmp_path: Path) -> None:
    text = b"from __future__ import annotations\nimport celery\n\n\n"
    text += b"@celery.shared_task\ndef a(\n    b,\n):\n    return '''\n'''\n"
    pool = [made.File("p/t.py", text, True), made.File("p/x.py", b"raise RuntimeError\n", False)]
    for count in (50, 1_000):
        lines = made.make_module(pool, count, tmp_path)
        module = (tmp_path / "module.py").read_text()
        assert count * 0.98 <= lines == module.count("\n") <= count
        assert "RuntimeError" not in module
        assert len(ast.parse(module).body) > count / 8


def test_a_run_is_told_by_what_its_processes_took(tmp_path: Path) -> None:
    code = "import sys, subprocess; print(len(sys.stdin.read())); data = bytearray(80_000_000)"
    child = f"{code}; subprocess.run([sys.executable, '-c', 'data = bytearray(120_000_000)']); sys.exit(3)"
    done = process.run([sys.executable, "-c", child], tmp_path, dict(os.environ), tmp_path / "scratch", given=b"12345")
    assert done.code == 3
    assert done.out.strip() == b"5"
    assert done.cpu > 0
    assert done.wall > 0
    assert 120 < done.peak < 200
    assert done.tree is None


def test_a_run_is_stopped_with_all_its_processes(tmp_path: Path) -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import signal; signal.pause()'])"
    done = process.run([sys.executable, "-c", child], tmp_path, dict(os.environ), tmp_path / "scratch", limit=0.5)
    assert done.code is None


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="could not be started"):
        process.run([tmp_path / "nothing"], tmp_path, dict(os.environ), tmp_path / "scratch")

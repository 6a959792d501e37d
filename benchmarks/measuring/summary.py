"""What the numbers say: medians, ratios, and which goals are met."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

from .variants import CHANGED, EDITED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Runs = dict[str, dict[str, Any]]
"""What was measured in one project, by the names of the variants."""

TIMES = " \N{MULTIPLICATION SIGN}"
PYTHON = "python -c pass"
START = 0.02
"""Seconds that Python took to start where the goal for editors was set."""
FEW, MANY = 0.031, 0.1
"""Parts of a project about Celery for which there are goals."""


def median(runs: Runs, name: str, key: str = "wall") -> float | None:
    """The median of the runs; None where the variant was not run, failed or was stopped."""
    values = runs.get(name, {}).get(key)
    return statistics.median(values) if values else None


def ratio(runs: Runs, name: str, other: str, key: str = "wall") -> float | None:
    """The median of one variant divided by that of another."""
    above, below = median(runs, name, key), median(runs, other, key)
    return above / below if above is not None and below else None


def added(runs: Runs, state: str) -> float | None:
    """The processor time of flake8 with ours by that of flake8 alone, where what ours adds is taken from flake8 without
    its plugins: the same work, and less of all else that varies."""
    plain = median(runs, "flake8 -j1", "cpu") or median(runs, "flake8 -j2", "cpu")
    alone, ours = median(runs, "bare flake8", "cpu"), median(runs, f"bare flake8 + ours, {state}", "cpu")
    return 1 + (ours - alone) / plain if plain and alone is not None and ours is not None else None


def together(runs: Runs, name: str) -> float | None:
    """MB of all processes together, where that was looked up: now and then, so that the largest alone may show more."""
    tree, peak = runs.get(name, {}).get("tree"), median(runs, name, "peak")
    return None if tree is None or peak is None else max(tree, peak)


def memory(runs: Runs, name: str) -> float | None:
    """MB of all processes together where that was looked up, else of the largest."""
    found = together(runs, name)
    return found if found is not None else median(runs, name, "peak")


def most_often(runs: Runs) -> int:
    """The number of processes at which flake8 with its default plugins was run most often; one where that is equal."""
    often = {jobs: len(runs.get(f"flake8 -j{jobs} + ours, cold", {}).get("wall", ())) for jobs in (1, 2)}
    return 2 if often[2] > often[1] else 1


class Outcome(NamedTuple):
    """A goal and what was measured; `found` is None where nothing was."""

    goal: str
    where: str
    found: float | None
    most: float
    unit: str = TIMES

    @property
    def met(self) -> bool | None:
        return None if self.found is None else self.found <= self.most


def most_cpu(share: float, state: str) -> float:
    """How much processor time flake8 with ours may take, by the part of the project that is about Celery."""
    few = {"cold": 1.04, "warm": 1.02}[state]
    if not share:
        return 1.01
    return few + (1.12 - few) * min(max((share - FEW) / (MANY - FEW), 0), 1)


def outcomes(results: Mapping[str, Any]) -> list[Outcome]:
    """The goals, one for each project where it is about projects."""
    projects = results["projects"]
    return [
        *(outcome for name, project in projects.items() for outcome in _in_flake8(name, project)),
        *(outcome for name, project in projects.items() if project["share"] for outcome in _alone(name, project)),
        *(outcome for name, project in projects.items() if project["share"] for outcome in _editor(name, project)),
        *_growth(results),
    ]


def _in_flake8(name: str, project: Mapping[str, Any]) -> Iterator[Outcome]:
    runs = project["runs"]
    flake8 = f"flake8 -j{most_often(runs)}"
    for state in ("cold", "warm"):
        found = ratio(runs, f"{flake8} + ours, {state}", flake8, "cpu")
        goal = f"{flake8} with ours by flake8 alone, {state}: processor time"
        yield Outcome(goal, name, found, most_cpu(project["share"], state))
        goal = f"flake8 and what ours adds to bare flake8 by flake8 alone, {state}: processor time"
        yield Outcome(goal, name, added(runs, state), most_cpu(project["share"], state))
    plain, ours = memory(runs, flake8), memory(runs, f"{flake8} + ours, cold")
    yield Outcome(
        f"{flake8} with ours by flake8 alone, cold: memory", name, ours / plain if plain and ours else None, 1.3
    )


def peers(runs: Runs) -> dict[str, float]:
    """How long the Python tools took that may be the fastest."""
    names = ("flake8-pie -j1", "flake8-pie -j2", "semgrep -j1", "semgrep -j2")
    return {name: wall for name in names if (wall := median(runs, name)) is not None}


def _alone(name: str, project: Mapping[str, Any]) -> Iterator[Outcome]:
    runs = project["runs"]
    fastest = min(peers(runs).items(), key=lambda pair: pair[1], default=("the fastest peer", None))[0]
    yield Outcome(f"our command, cold, by {fastest}", name, ratio(runs, "ours, cold", fastest), 0.5)
    if project["files"] >= 3_000:
        yield Outcome(
            "our command, warm, by ruff without its cache", name, ratio(runs, "ours, warm", "ruff, no cache"), 1
        )
        yield Outcome("our command, warm, by ruff with its cache", name, ratio(runs, "ours, warm", "ruff, warm"), 3)
    warm, alone = median(runs, "ours, warm"), median(runs, "ours, that file alone")
    empty = median(runs, "ours, an empty folder")
    for edit, variant in CHANGED.items():
        changed, found = median(runs, variant), None
        # without a word of Celery there is nothing to be looked at in the file
        own = (alone - empty if alone is not None and empty is not None else None) if edit != "elsewhere" else 0.0
        if warm and changed is not None and own is not None:
            # alone, the file is read without what is known of it from earlier
            found = max(0.0, changed - own) / warm
        what = variant.removeprefix("ours, ") + (", less that file's own cost" if edit != "elsewhere" else "")
        yield Outcome(f"our command, {what}, by unchanged", name, found, 1.2)


def _editor(name: str, project: Mapping[str, Any]) -> Iterator[Outcome]:
    runs = project["runs"]
    start = median(runs, PYTHON)
    for variant in EDITED.values():
        ours, what = median(runs, variant), variant.replace("ours on a file", "a file from an editor")
        scaled = ours * START / start if ours is not None and start else None
        yield Outcome(f"{what}, were `{PYTHON}` to take {START} s", name, scaled, 0.35, " s")
        yield Outcome(f"{what}, by plain flake8", name, ratio(runs, variant, "flake8 on a file"), 1.3)


def _growth(results: Mapping[str, Any]) -> Iterator[Outcome]:
    for state in ("cold", "warm"):
        found = growth(results["files"], f"ours, {state}", 1_000, 10_000)
        yield Outcome(f"10,000 files by 1,000, our command, {state}", "made of real files", found, 11)
    found = growth(results["lines"], "ours, cold", 1_000, 20_000)
    yield Outcome("20,000 lines in a file by 1,000, our command, cold", "made of real statements", found, 22)


def growth(made: Mapping[str, Any], name: str, small: int, large: int) -> float | None:
    """The processor time for the large size by that for the small one."""
    below = median(made.get(str(small), {}).get("runs", {}), name, "cpu")
    above = median(made.get(str(large), {}).get("runs", {}), name, "cpu")
    return above / below if above is not None and below else None


def curve(made: Mapping[str, Any], name: str, key: str = "wall") -> list[tuple[float, float]]:
    """The medians by size, smallest first."""
    found = ((int(size), median(record["runs"], name, key)) for size, record in made.items())
    return sorted((float(size), value) for size, value in found if value is not None)


def disagreements(results: Mapping[str, Any]) -> list[str]:
    """Projects in which ours does not find the same with and without its cache, or with one process and two."""
    found = []
    for name, project in results["projects"].items():
        for beginnings in (("flake8 -j",), ("bare flake8",), ("ours, cold", "ours, warm")):
            counts = {
                runs["found"]
                for variant, runs in project["runs"].items()
                if variant.startswith(beginnings) and "found" in runs
            }
            if len(counts) > 1:
                found.append(f"{name}, {beginnings[0]}: {sorted(counts)}")
    return found

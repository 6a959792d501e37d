"""docs/performance.md and its plots, written from what was measured."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from . import plot, summary
from .reasons import Reason, reason
from .variants import CHANGED, EDITED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "performance.md"
PICTURE = DOCS / "performance.svg"
PREFILTER = Path(__file__).parents[1] / "results" / "prefilter.json"
_SHORT = 1.5
_FEW = 5
"""Places of findings that are listed one by one."""
_WIDTH = 120
_IN_FLAKE8 = (
    ("flake8 -j1", ("flake8 -j1", "flake8 -j1 + ours, cold", "flake8 -j1 + ours, warm")),
    ("flake8 -j2", ("flake8 -j2", "flake8 -j2 + ours, cold", "flake8 -j2 + ours, warm")),
    ("bare flake8", ("bare flake8", "bare flake8 + ours, cold", "bare flake8 + ours, warm")),
)
_OURS = (
    "ours, cold", "ours, cold, 1 process", "ours, cold, 2 processes", "ours, warm", *CHANGED.values(),
    "ours, that file alone", "ours, an empty folder",
)  # fmt: skip
_OTHERS = (
    "ruff, warm", "ruff, no cache", "semgrep -j1", "semgrep -j2", "bare flake8", "flake8-pie -j1", "flake8-pie -j2",
    "flake8-bugbear -j1", "flake8 -j1", "flake8 -j2", "fixit, one rule", "pylint with pylint-celery",
    "flake8-async -j1",
)  # fmt: skip
_EDITOR = (summary.PYTHON, *EDITED.values(), "flake8 on a file", "flake8 + ours on a file")


def lines(value: Any, depth: int = 0) -> str:
    """JSON with a line for each variant, so that a change can be read."""
    if not isinstance(value, dict) or not any(isinstance(inner, dict) for inner in value.values()):
        return json.dumps(value) + "\n" * (not depth)
    pad = " " * (depth + 1)
    rows = ",\n".join(f"{pad}{json.dumps(key)}: {lines(inner, depth + 1)}" for key, inner in value.items())
    return f"{{\n{rows}\n{' ' * depth}}}" + "\n" * (not depth)


def write(results: Mapping[str, Any]) -> None:
    PAGE.write_text(text(results), "utf-8")
    PICTURE.write_text(picture(results), "utf-8")


def text(results: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [
        _HEAD.format(date=results["date"], **results["machine"]),
        _PRELIMINARY if results["preliminary"] else "",
        "![Plots of the numbers below](performance.svg)\n\n",
        "## The goals\n\n",
        _goals(results),
        _HOW_GOALS,
        _unmet(summary.outcomes(results)),
        _HOW,
        *(_project(name, project) for name, project in results["projects"].items()),
        _growth(results),
        _prefilter(),
        _tools(results),
    ]
    return "".join(parts).rstrip("\n") + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    shown = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in shown) + "\n"


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return "-"
    digits = 3 if value < _SHORT else 2 if value < 100 else 0
    return f"{value:,.{digits}f}{unit}"


def _goals(results: Mapping[str, Any]) -> str:
    outcomes = summary.outcomes(results)
    rows = [
        (o.goal, o.where, _number(o.found, o.unit), _number(o.most, o.unit), {True: "yes", False: "**no**"}[o.met])
        for o in outcomes
        if o.met is not None
    ]
    unmeasured = dict.fromkeys(o.goal for o in outcomes if o.met is None)
    told = f"{sum(o.met is True for o in outcomes)} of {len(rows)} are met."
    if unmeasured:
        told += " Not measured everywhere:\n" + "".join(f"\n- {goal}" for goal in unmeasured)
    for text in summary.disagreements(results):
        told += f"\n\nFindings differ: {text}."
    head = ("what is compared", "where", "measured", "at most", "met")
    return _table(head, rows).replace("| --- | ---: |", "| --- | --- |", 1) + told + "\n\n"


def _unmet(outcomes: Iterable[summary.Outcome]) -> str:
    """Why goals are not met, and what it would take."""
    kinds: dict[Reason, dict[str, list[str]]] = {}
    for outcome in outcomes:
        why = reason(outcome.goal) if outcome.met is False else None
        if why is not None:
            kinds.setdefault(why, {}).setdefault(outcome.goal, []).append(outcome.where)
    if not kinds:
        return ""
    told = ""
    for why, goals in kinds.items():
        listed = "".join(f"- {goal}: {', '.join(where)}\n" for goal, where in goals.items())
        takes = fill(f"*What it would take*: {why.takes}", _WIDTH, break_on_hyphens=False)
        told += f"### {why.title}\n\n{listed}\n{fill(why.why, _WIDTH, break_on_hyphens=False)}\n\n{takes}\n\n"
    return f"## What is not met, and what it would take\n\n{told}"


def _cells(runs: summary.Runs, name: str) -> list[str]:
    """Wall clock, processor and memory of a variant."""
    known = runs[name]
    if "over" in known:
        return [f"more than {known['over']:.0f}", "-", "-", "-", "1"]
    if "failed" in known:
        return [known["failed"].replace("|", "/"), "-", "-", "-", "-"]
    tree = summary.together(runs, name)
    return [
        _number(summary.median(runs, name)),
        _number(summary.median(runs, name, "cpu")),
        f"{summary.median(runs, name, 'peak'):,.0f}",
        f"{tree:,.0f}" if tree is not None else "-",
        str(len(known["wall"])),
    ]


_MEASURED = ("wall, s", "processor, s", "largest process, MB", "all processes, MB", "runs")


def _project(name: str, project: Mapping[str, Any]) -> str:
    runs = project["runs"]
    about = f"{project['share']:.0%} of them" if project["share"] >= 0.005 else "none of them"
    size = f"{project['files']:,} Python files with {project['lines']:,} lines"
    parts = [f"## {name}\n\n{size}, {about} in files about Celery; {project['source']}.\n\n"]
    rows = []
    for base, names in _IN_FLAKE8:
        for variant in (n for n in names if runs.get(n)):
            ratios = [summary.ratio(runs, variant, base, "cpu"), _memory_ratio(runs, variant, base)]
            by = ["", ""] if variant == base else [_number(r, summary.TIMES) if r is not None else "-" for r in ratios]
            wall, cpu, *rest = _cells(runs, variant)
            rows.append([variant, wall, cpu, by[0], *rest[:2], by[1], rest[2]])
    head = ("in flake8", *_MEASURED[:2], "by flake8 alone", *_MEASURED[2:4], "by flake8 alone", _MEASURED[4])
    parts.append(_table(head, rows))
    whole_project: Sequence[str] = (*_OURS, *_OTHERS)
    editor = f"a file from an editor, {project['shown']} lines"
    for title, chosen in (("the whole project", whole_project), (editor, _EDITOR)):
        rows = [[variant, *_cells(runs, variant)] for variant in chosen if runs.get(variant)]
        parts.append(_table((title, *_MEASURED), rows))
    return "".join(parts)


def _memory_ratio(runs: summary.Runs, name: str, base: str) -> float | None:
    above, below = summary.memory(runs, name), summary.memory(runs, base)
    return above / below if above and below else None


def _growth(results: Mapping[str, Any]) -> str:
    parts = ["## Cost against size\n\n", _GROWTH]
    for kind, title in (("files", "files"), ("lines", "lines in a file")):
        made = dict(sorted(results[kind].items(), key=lambda pair: int(pair[0])))
        names = list(dict.fromkeys(name for record in made.values() for name in record["runs"]))
        rows = []
        for size, record in made.items():
            if record["runs"]:
                cells = [_number(summary.median(record["runs"], name, "cpu")) for name in names]
                count = [f"{record['lines']:,}"] if kind == "files" else []
                rows.append([f"{int(size):,}", *count, *cells])
        parts.append(_table((title, *(["lines"] if kind == "files" else []), *names), rows))
    return "".join(parts)


def _prefilter() -> str:
    """What is found when no file is left out, where that was looked at."""
    if not PREFILTER.exists():
        return ""
    rows = []
    for name, known in json.loads(PREFILTER.read_text("utf-8")).items():
        rows.append([name, str(known["with"]), str(known["every"]), _places(known["missed"]), _places(known["more"])])
    head = ("project", "findings", "with every file parsed", "missed", "only without")
    return _PREFILTER + _table(head, rows)


def _places(places: Sequence[str]) -> str:
    """Where findings are, or how many of each rule where they are many."""
    if len(places) <= _FEW:
        return "; ".join(f"`{place}`" for place in places) or "none"
    codes = Counter(place.rpartition(" ")[2] for place in places)
    return ", ".join(f"{count} of {code}" for code, count in sorted(codes.items()))


def _tools(results: Mapping[str, Any]) -> str:
    rows = [(name, version) for name, version in sorted(results["tools"].items())]
    missing = "".join(f"- {name} could not be installed: {why}\n" for name, why in results["missing"].items())
    return "## The tools\n\n" + _table(("package", "version"), rows) + missing


def picture(results: Mapping[str, Any]) -> str:
    """The plots: every tool on the project where most of them ran, and cost against size."""
    drawn, height = [], 8.0
    if results["projects"]:
        name, project = max(results["projects"].items(), key=lambda pair: (len(pair[1]["runs"]), pair[1]["lines"]))
        runs = project["runs"]
        bars = [
            plot.Bar(variant, wall, "ours" in variant)
            for variant in (*_OURS[:5], *_OTHERS, *_IN_FLAKE8[1][1][1:])
            if (wall := summary.median(runs, variant)) is not None
        ]
        bars += [plot.Bar(v, runs[v]["over"], more=True) for v in _OTHERS if "over" in runs.get(v, {})]
        title = f"The whole project {name}, {project['lines']:,} lines"
        part, height = plot.bars(title, "seconds by the clock", sorted(bars, key=lambda bar: bar.value), height)
        drawn.append(part)
    for kind, title, across, names in (
        ("files", "Cost against the number of files", "files", ("ours, cold", "ours, warm", "ruff, no cache")),
        (
            "lines", "Cost against the length of one file", "lines",
            ("ours, cold", "flake8 -j1", "flake8 -j1 + ours, cold", "ruff, no cache"),
        ),
    ):  # fmt: skip
        series = {name: summary.curve(results[kind], name, "cpu") for name in names}
        part, height = plot.curves(title, across, "seconds of processor time", series, height + 16)
        drawn.append(part)
    return plot.picture(drawn, height)


_HEAD = """\
# Performance

What flake8-celery costs, beside other linters on the same files, measured on {date} with {cores} cores, {system},
{python}. [benchmarks/speed.py](../benchmarks/speed.py) measures and writes this page;
[CONTRIBUTING.md](../CONTRIBUTING.md) says how to run it.

"""
_PRELIMINARY = """\
**These numbers are preliminary**: other programs were running on the same machine, the projects are small, and few
rounds were made. They show that everything can be measured, and nothing else.

"""
_HOW_GOALS = """\
In flake8, a project without Celery may take 1.01 times the processor time, one with 3 % of its lines in files about
Celery 1.04 times cold and 1.02 times warm, and one with 10 % or more 1.12 times; between 3 % and 10 %, what a straight
line says.

What ours adds to bare flake8 is compared with the processor time of flake8 alone, too: it is the same work, beside less
of what varies.

"""
_HOW = """\
## What was run

- All variants one after the other, round by round; each number is the median of its runs, each ratio that of two
  medians. What takes long was run less often.
- *Wall* is the time by the clock, *processor* the user and system time of all processes together. *Largest process* is
  the peak memory of the largest of them; *all processes* is their peak together, looked up ten times a second in the
  first run, with what they share counted once. Ratios of memory are about all processes where there are several.
- *Cold* is without any cache, *warm* with the cache of the run before and no file changed. *One file changed*: a new
  constant above the first function or class of a module about Celery, of which no other file can know; or a new
  *function* there, after which all files about Celery are looked at anew; or a new function there in a *file without
  Celery*. What stands below has moved each time. *That file alone* is the module
  about Celery in a project of its own; *an empty folder* is what it takes to start.
- flake8 runs with `--isolated --max-line-length=120`, ours with its default rules. *Bare* flake8 has none of its
  default plugins: what it takes to read and split the files. flake8-pie, flake8-bugbear and flake8-async run in bare
  flake8, too. semgrep has three rules about Celery, fixit one rule of its own, ruff its default rules, pylint all that
  it has by default.
- *A file from an editor* is the text of one module about Celery, changed in the same two ways, on standard input, with
  the project known from the cache. After a new function all that the rules want to know of the project is found out.
- Byte code of all tools was compiled before. Each tool has an environment of its own.

A file is about Celery when its syntax tree imports Celery, has a function whose decorator's name ends in "task", or
sends one.

"""
_PREFILTER = """\
## What is not parsed

Most files are never parsed: their bytes hold no word of Celery, and nothing known of the project makes up for it.
[benchmarks/prefilter.py](../benchmarks/prefilter.py) looks at projects again with every file parsed, with all rules.
A file without a word of Celery may be between code that opens a transaction, or hears a signal, and a function that
sends: those that import what leads there, by their texts, are parsed, too. What is found only without every file parsed
is where a file that counts as one about Celery counts for more: as one of Django's settings, or as one that says which
they are.

"""
_GROWTH = """\
Seconds of processor time. Projects of real files, small and large ones and those about Celery in the same parts as in
all of the projects above together, and files of real statements from modules about Celery.

"""

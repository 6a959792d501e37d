"""The report as one HTML page: the task's source, each line marked by what a crash there does. It loads nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path

from .outcome import FAULTS, Function, Outcome, Report
from .plan import Point
from .table import rules, summary, told

_MARKS = {"survived": "✓", "lost": "✗", "doubled": "2x", "different": "≠", "stuck": "∞"}
_CRASHES = (("kill", "process"), ("kill_worker", "worker"))

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1c1f23; --faint: #6a737d; --line: #d8dde3; --code: #f6f8fa;
  --survived: #1a7f37; --lost: #c01c28; --doubled: #8430ce; --different: #9a6700; --stuck: #b5440b; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e4e7eb; --faint: #98a1ab; --line: #363c44;
  --code: #1c2026; --survived: #56d364; --lost: #ff7b72; --doubled: #d2a8ff; --different: #e3b341; --stuck: #ffa657; } }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
code, pre, .source td { font: .875rem/1.55 ui-monospace, monospace; }
pre { background: var(--code); padding: .75rem; overflow-x: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .7rem; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; white-space: nowrap; }
.source { background: var(--code); }
.source td { border: 0; padding: 0 .7rem; white-space: pre; }
.source td.text { width: 100%; }
.number { color: var(--faint); text-align: right; }
.mark { text-align: center; font-weight: 700; cursor: help; }
.verdict { font-weight: 700; white-space: nowrap; }
.faint { color: var(--faint); }
.survived { color: var(--survived); } .lost { color: var(--lost); } .doubled { color: var(--doubled); }
.different { color: var(--different); } .stuck { color: var(--stuck); }
tr.lost, tr.doubled, tr.different, tr.stuck { color: inherit; box-shadow: inset .25rem 0 currentColor; }
tr.lost { box-shadow: inset .25rem 0 var(--lost); } tr.doubled { box-shadow: inset .25rem 0 var(--doubled); }
tr.different { box-shadow: inset .25rem 0 var(--different); } tr.stuck { box-shadow: inset .25rem 0 var(--stuck); }
"""


def page(report: Report) -> str:
    """The whole page. Everything that comes from the project is escaped."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    title = f"Survival of {escape(report.task)}"
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{title}</h1>"
    yield f"<p>{escape(summary(report))}</p>"
    yield "<p>After a clean run was observed:</p>"
    yield f"<pre>{escape(repr(report.clean))}</pre>"
    yield "<h2>What a crash does before each line</h2>"
    yield '<p class="faint">The process that runs the task, or the whole worker, was killed just before the line was '
    yield "executed for the first time. " + ", ".join(
        f'<span class="{verdict}">{mark}</span> {verdict}' for verdict, mark in _MARKS.items()
    )
    yield ".</p>"
    crashes = {(o.fault, o.point): o for o in report.outcomes if o.fault in dict(_CRASHES)}
    for function in report.functions:
        yield from _function(report, function, crashes)
    yield from _faults(report)
    found = rules(report)
    if found:
        yield "<h2>What the linter says about it</h2><ul>"
        yield from (f"<li>{escape(rule)}</li>" for rule in found)
        yield "</ul>"
    if report.skipped:
        yield "<h2>What was not tried</h2><ul>"
        yield from (f"<li>{escape(FAULTS[fault])}: {escape(reason)}</li>" for fault, reason in report.skipped)
        yield "</ul>"
    yield "</body></html>"


_Crashes = dict[tuple[str, Point | None], Outcome]


def _function(report: Report, function: Function, crashes: _Crashes) -> Iterator[str]:
    lines = _source(function)
    where = report.where(Point(function.file, function.line))
    yield f'<h3><code>{escape(function.name)}</code> <span class="faint">{escape(where)}</span></h3>'
    heads = "".join(f"<th>{name}</th>" for _, name in _CRASHES)
    yield f'<div class="wide"><table class="source"><tr><th></th>{heads}<th></th></tr>'
    for number, text in lines:
        yield _row(str(number), text, [crashes.get((fault, Point(function.file, number))) for fault, _ in _CRASHES])
    for point in function.points:
        if point.after:
            yield _row("", "(at the return)", [crashes.get((fault, point)) for fault, _ in _CRASHES])
    yield "</table></div>"


def _row(number: str, text: str, outcomes: list[Outcome | None]) -> str:
    failed = [outcome.verdict for outcome in outcomes if outcome and not outcome.survived]
    marks = "".join(_mark(outcome) for outcome in outcomes)
    kind = f' class="{failed[0]}"' if failed else ""
    return f'<tr{kind}><td class="number">{number}</td>{marks}<td class="text">{escape(text)}</td></tr>'


def _mark(outcome: Outcome | None) -> str:
    if outcome is None:
        return "<td></td>"
    title = escape(f"{outcome.verdict}: {told(outcome)}".removesuffix(": "))
    return f'<td class="mark {outcome.verdict}" title="{title}">{_MARKS[outcome.verdict]}</td>'


def _source(function: Function) -> list[tuple[int, str]]:
    """The function's lines with their numbers, to the end of its last statement; [] where it cannot be read."""
    try:
        text = Path(function.file).read_text("utf-8", "replace")
    except OSError:
        return []
    last = max((point.line for point in function.points), default=function.line)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        tree = ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if node.name == function.name and first <= function.line <= node.lineno:
                last = max(last, node.end_lineno or last)
    return list(enumerate(text.splitlines(), 1))[function.line - 1 : last]


def _faults(report: Report) -> Iterator[str]:
    yield '<h2>All faults</h2><div class="wide"><table>'
    yield "<tr><th>fault</th><th>before the line</th><th>runs</th><th>verdict</th><th>what came of it</th></tr>"
    for outcome in report.outcomes:
        where = escape(report.where(outcome.point)) if outcome.point else ""
        source = f" <code>{escape(report.source(outcome.point))}</code>" if outcome.point else ""
        yield (
            f"<tr><td>{escape(FAULTS[outcome.fault])}</td><td>{where}{source}</td><td>{outcome.runs}</td>"
            f'<td class="verdict {outcome.verdict}">{outcome.verdict}</td><td>{escape(told(outcome))}</td></tr>'
        )
    yield "</table></div>"

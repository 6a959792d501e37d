"""How often each rule found something."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from .style import SEVERITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import Report


def render(report: Report, kind: str) -> Iterator[str]:
    """The most frequent rule first. `kind` is one of COUNTABLE."""
    counts = sorted(Counter(found.code for found in report.diagnostics).items(), key=lambda item: (-item[1], item[0]))
    rules = [(report.rule(code), count) for code, count in counts]
    items = [{"code": r.code, "name": r.name, "severity": r.severity, "count": count} for r, count in rules]
    if kind == "json":
        yield from json.dumps(items, indent=2).splitlines()
        return
    if kind == "json-lines":
        yield from map(json.dumps, items)
        return
    style = report.style
    width = max((len(str(count)) for _, count in counts), default=0)
    for rule, count in rules:
        code = style.link(style.paint(rule.code, SEVERITY[rule.severity]), rule.url)
        yield f"{count:>{width}}  {code}  {rule.name}"

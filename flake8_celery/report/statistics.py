"""How often each rule found something."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from ..rule import load
from .style import SEVERITY, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..lint import Diagnostic


def render(diagnostics: Iterable[Diagnostic], style: Style, *, as_json: bool) -> Iterator[str]:
    """The most frequent rule first."""
    counts = sorted(Counter(found.code for found in diagnostics).items(), key=lambda item: (-item[1], item[0]))
    rules = [(load(code), count) for code, count in counts]
    if as_json:
        items = [{"code": r.code, "name": r.name, "severity": r.severity, "count": count} for r, count in rules]
        yield from json.dumps(items, indent=2).splitlines()
        return
    width = max((len(str(count)) for _, count in counts), default=0)
    for rule, count in rules:
        code = style.link(style.paint(rule.code, SEVERITY[rule.severity]), rule.url)
        yield f"{count:>{width}}  {code}  {rule.name}"

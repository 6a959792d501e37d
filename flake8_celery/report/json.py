"""A JSON list with the keys that ruff's has, and the severity."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ..rule import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..lint import Diagnostic


def render(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """`path` of a diagnostic is relative to the current folder; `filename` is absolute."""
    items = [_item(found) for found in diagnostics]
    yield from json.dumps(items, indent=2).splitlines()


def _item(found: Diagnostic) -> dict[str, object]:
    rule = load(found.code)
    span = found.span
    return {
        "code": found.code,
        "name": rule.name,
        "severity": rule.severity,
        "message": found.message,
        "filename": os.path.abspath(found.path),
        "location": {"row": span.line, "column": span.column + 1},
        "end_location": {"row": span.end_line, "column": span.end_column + 1},
        "fix": None,
        "url": rule.url,
        "noqa_row": span.line,
    }

"""A JSON list with the keys that ruff's has, the severity, and what the rule's page says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import Report


def render(report: Report) -> Iterator[str]:
    yield from json.dumps(list(items.of(report)), indent=2).splitlines()

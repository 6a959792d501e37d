"""The items of the format `json`, each on a line of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import Report


def render(report: Report) -> Iterator[str]:
    for item in items.of(report):
        yield json.dumps(item)

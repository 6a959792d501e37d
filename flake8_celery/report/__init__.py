"""Output formats: each module turns a report into lines of text."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import Report

FORMATS = ("full", "concise", "json", "json-lines", "github", "gitlab", "sarif", "junit", "rdjson")
COUNTABLE = ("full", "concise", "json", "json-lines")
"""The formats that `--statistics` knows."""


def render(report: Report, kind: str) -> Iterator[str]:
    """The lines of the report in the format `kind`, one of FORMATS. Only that format's module is imported."""
    module = importlib.import_module(f"{__name__}.{kind.replace('-', '_')}")
    lines: Iterator[str] = module.render(report)
    return lines

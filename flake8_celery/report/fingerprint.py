"""Names for findings that stay when lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def normalised(line: str) -> str:
    """The text of a line without what a formatter changes: indentation and the width of blanks."""
    return " ".join(line.split())


def fingerprints(findings: Iterable[tuple[str, str, str]]) -> list[str]:
    """A name of 64 hexadecimal digits for each finding, given as path, code and text of its line, in the order of
    lines. Findings that are alike in all three are told apart by their order."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for path, code, line in findings:
        key = (path, code, normalised(line))
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        found.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    return found

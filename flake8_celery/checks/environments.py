"""Which code configures what runs in production, as far as names tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import Scope

_ELSEWHERE = frozenset(
    {
        "bench", "benchmark", "benchmarks", "ci", "debug", "demo", "demos", "dev", "develop", "development", "doc",
        "docs", "e2e", "example", "examples", "experiment", "experiments", "local", "localhost", "mock", "notebooks",
        "playground", "sample", "samples", "sandbox", "scripts", "snippets", "test", "testing", "tests", "tools",
        "tutorial", "tutorials",
    }
)  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def is_elsewhere(scope: Scope) -> bool:
    """Whether the names of the file, or of the class or function, say that the code is for tests, for developing or for
    show."""
    words = _WORD.findall(scope.module.path.removesuffix(".py") + " " + scope.qualname)
    return not _ELSEWHERE.isdisjoint(word.lower() for word in words)

"""`flake8-celery check --show-settings`: what is in force for the projects that are named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..config import KEYS
from ..rule import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..lint import Linter


def settings(linter: Linter, paths: Iterable[str]) -> Iterator[str]:
    roots = dict.fromkeys(linter.root(Path(path)) for path in paths)
    for root in roots:
        project = linter.project(root)
        yield f"project = {root}"
        for key, name in KEYS.items():
            value = getattr(project.config, name)
            yield f"{key} = {', '.join(value) if isinstance(value, tuple) else value or ''}".rstrip()
        selection = linter.selection(project)
        enabled = [rule.code for rule in rules() if selection.enabled(rule.code)]
        yield f"rules = {', '.join(enabled)}"

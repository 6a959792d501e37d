"""`flake8-celery check --show-settings`: what is in force for the projects that are named, and who says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..baseline import place
from ..config import KEYS, load, option, table
from ..rule import rules

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..config import Config
    from ..lint import Linter


def settings(linter: Linter, options: argparse.Namespace) -> Iterator[str]:
    """`key = value  (origin)` for each key; nothing behind the sign where it is not set."""
    roots = dict.fromkeys(linter.root(Path(path)) for path in options.paths)
    for root in roots:
        config = linter.config(root)
        configured = load(root)
        yield f"project = {root}"
        for key, name in KEYS.items():
            value = getattr(config, name)
            origins = list(_origins(name, value, configured, key in table(root), options))
            if name == "exclude":  # what the options name is added by the linter
                value = (*value, *(options.exclude or ()))
            if name == "baseline":
                used = place(root, config)
                value = str(used) if used is not None else ""
            shown = ", ".join(value) if isinstance(value, tuple) else value or ""
            yield f"{key} = {shown}".rstrip() + f"  ({', '.join(origins) or 'default'})"
        selection = linter.selection(config)
        enabled = [rule.code for rule in rules() if selection.enabled(rule.code)]
        yield f"rules = {', '.join(enabled)}"


def _origins(name: str, value: object, configured: Config, in_file: bool, options: argparse.Namespace) -> Iterator[str]:
    """Where a value comes from: the file, the options, or both."""
    given = getattr(options, name)
    in_force = getattr(configured, name)
    if in_file and (value == in_force or (isinstance(value, tuple) and set(value) & set(in_force))):
        yield "pyproject.toml"
    if name == "baseline" and given == "":
        yield "--no-baseline"
    elif given:
        yield option(name)

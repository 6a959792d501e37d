"""Paths as other tools want them: relative to the checkout, with slashes."""

from __future__ import annotations

import os
from pathlib import Path


def checkout() -> Path:
    """The folder that code hosts count paths from: the nearest at or above the current one with a `.git`, failing that
    the current one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def within(path: str, root: Path) -> str | None:
    """`path`, as a finding shows it, relative to `root`, with slashes; None where it is not below it."""
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else None

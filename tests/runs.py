"""Runs over a project whose files change between them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flake8_celery.lint import Diagnostic, Linter, Problem, Selection
from flake8_celery.source import SourceError

if TYPE_CHECKING:
    import pytest

OLD = 1_000_000_000
"""A time long gone: a file that still has it counts as unchanged without a look into it."""


class Found(NamedTuple):
    """What a run finds, the errors of the files that it cannot read, and its problems with deployment files."""

    diagnostics: list[Diagnostic]
    broken: list[str]
    problems: list[Problem]


def place(folder: Path, patched: pytest.MonkeyPatch, files: Mapping[str, str]) -> Path:
    """The project of these files below `folder`, with a cache beside it."""
    patched.setenv("FLAKE8_CELERY_CACHE_DIR", str(folder / "cache"))
    root = folder / "project"
    for path, text in files.items():
        write(root / path, text)
    return root


def write(file: Path, text: str, time: int = OLD) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    os.utime(file, (time, time))


def run(root: Path, selection: Selection | None = None, *, use_cache: bool = True, for_flake8: bool = False) -> Found:
    linter = Linter(selection or Selection(), use_cache=use_cache, for_flake8=for_flake8)
    found: list[Diagnostic] = []
    broken = []
    for path in sorted(linter.python_files([root])):
        try:
            found += linter.lint_file(path)
        except SourceError as error:  # noqa: PERF203
            broken.append(str(error))
    deployment, problems = linter.lint_deployment(root)
    linter.finish()
    return Found(found + deployment, broken, problems)


def children() -> set[str]:
    """The processes that this one has started, on Linux: other tests may have left some."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text("ascii").split())


def lint(
    file: Path, data: bytes, selection: Selection, *, use_cache: bool = True, for_flake8: bool = False
) -> list[Diagnostic] | str:
    """What is found in a file with another text than it has on disk, or why that cannot be read."""
    linter = Linter(selection, use_cache=use_cache, for_flake8=for_flake8)
    try:
        return linter.lint_file(file, data)
    except SourceError as error:
        return str(error)
    finally:
        linter.finish()

"""Small projects for the tests, written from dictionaries of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from flake8_celery import lint
from flake8_celery.config import Config
from flake8_celery.project import Project


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files, their text without its common indentation; `setup.cfg` marks the root."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "setup.cfg").touch()
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), "utf-8")
    return folder


def make(folder: Path, files: Mapping[str, str], config: Config | None = None) -> Project:
    """The project of these files, without a cache."""
    return lint.open_project(write(folder, files), config or Config(), use_cache=False)

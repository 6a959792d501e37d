"""Which abandoned companions of Celery a project asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..knowledge.celery_cli import OLD_DISTRIBUTIONS
from .text import Piece

if TYPE_CHECKING:
    from .reader import Reader

_NAMES = "|".join(re.sub("-", "[-_.]+", name) for name in sorted(OLD_DISTRIBUTIONS))
_NAME = re.compile(rf"(?<![\w.-])({_NAMES})(?![\w-]|\.\w)", re.IGNORECASE)
_LINE_START = re.compile(r"\s*(?:-e\s+\S*#egg=|\S+#egg=)?")
_OLD_PYTHON = re.compile(r"python_version\s*<=?\s*['\"](?:2\.|3(?:\.[0-5])?['\"])")
_SECTION = re.compile(r"\s*\[+([^\[\]]+)\]+\s*(?:#.*)?$")
_KEY = re.compile(r"([\w.\"'-]+)\s*=")
_DEPENDENCIES = re.compile(r"dependenc|packages|requires|extras")


def read(reader: Reader) -> None:
    name = reader.path.rpartition("/")[2]
    if name in ("pyproject.toml", "setup.cfg", "Pipfile"):
        _read_sections(reader)
    else:
        _read_lines(reader)


def _read_lines(reader: Reader) -> None:
    offset = 0
    for line in reader.text.splitlines(keepends=True):
        start = _LINE_START.match(line)
        found = _NAME.match(line, start.end() if start else 0)
        if found:
            _mention(reader, found, line, offset)
        offset += len(line)


def _read_sections(reader: Reader) -> None:
    """Names in the tables and lists of dependencies of an INI or TOML file; elsewhere they may be keywords or the
    project's own name."""
    offset = 0
    section = key = ""
    for line in reader.text.splitlines(keepends=True):
        header = _SECTION.match(line)
        if header and not line.startswith((" ", "\t")):
            section, key = header[1], ""
        else:
            assigned = _KEY.match(line)
            if assigned:
                key = assigned[1]
            if _DEPENDENCIES.search(section) or _DEPENDENCIES.search(key):
                found = _NAME.search(line.partition("#")[0] if "egg=" not in line else line)
                if found:
                    _mention(reader, found, line, offset)
        offset += len(line)


def _mention(reader: Reader, found: re.Match[str], line: str, offset: int) -> None:
    if _OLD_PYTHON.search(line):
        return
    name = re.sub(r"[-_.]+", "-", found[1]).lower()
    reader.mention("requirement", Piece.at(found[1], offset + found.start(1)), name, line.strip())

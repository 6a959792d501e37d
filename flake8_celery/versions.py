"""Which Celery a project runs, as its lock files and lists of requirements tell.

A version that is pinned, in a lock file or by `==`, comes before one that is only bounded from below; of files that
say the same kind of thing those nearest to the root count. Files that contradict each other tell nothing.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .frozen import dataclass

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
_FILE = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|setup\.py|Pipfile)$|requirements[^/]*(?:/[^/]+)?\.(?:txt|in|pip)$"
)
_ENDINGS = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile", ".txt", ".in", ".pip")
"""How all of them end, and few others do."""
_LARGEST = 20_000_000
_LOCKED = re.compile(r'^name = "celery"\r?\nversion = "([^"]+)"', re.MULTILINE | re.IGNORECASE)
_LOCKED_BY_PIPENV = re.compile(r'^ +"celery": \{[^{}]*?"version": "==([^"]+)"', re.MULTILINE | re.IGNORECASE)
_REQUIREMENT = re.compile(r"celery\s*(?:\[[^\]]*\])?\s*\(?([<>=!~][^;#@)\\]*)", re.IGNORECASE)
_LINE = re.compile(rf"^[\s\"'-]*(?:install_requires\s*=\s*)?{_REQUIREMENT.pattern}", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(rf"[\"']{_REQUIREMENT.pattern}", re.IGNORECASE)
_CLAUSE = re.compile(r"(===?|~=|>=|<=|!=|<|>|\^|~|)\s*v?(\d+(?:\.\d+)*)([\w.*+-]*)")
_SECONDARY = re.compile(r"(?:^|[/._-])(?:dev|develop|development|docs?|tests?|testing|lint|ci|mypy|types)(?=$|[/._-])")


@dataclass(frozen=True, slots=True)
class CeleryVersion:
    """The version of Celery that a project runs: the pinned one, or else the lowest that its requirements allow.
    `path` is the file that says so."""

    release: tuple[int, ...]
    pinned: bool
    path: str

    def __str__(self) -> str:
        return ".".join(map(str, self.release))

    def is_before(self, *release: int) -> bool:
        """Whether the version may be older than that release; of a bound, whether it allows an older one."""
        return self.release < release


def celery_version(root: Path, paths: Iterable[str]) -> CeleryVersion | None:
    """The Celery of the project at `root`, None where that cannot be told. `paths` are its files, relative to the root;
    lock files are looked for beside those that list requirements."""
    paths = [path for path in paths if path.endswith(_ENDINGS) and _FILE.search(path)]
    locked = [v for path in _locks(paths) if (v := _of_lock(root, path))]
    asked = [v for path in paths if (v := _of_requirements(root, path))]
    declared = [v for v in asked if posixpath.basename(v.path) in ("pyproject.toml", "setup.cfg", "setup.py")]
    for group in (
        locked,
        [v for v in asked if v.pinned],
        declared,
        [v for v in asked if v not in declared],
    ):
        if group:
            return _agreed(group)
    return None


def sources(paths: Iterable[str]) -> list[str]:
    """The files that `celery_version` may read for a project with these files, there or not."""
    paths = [path for path in paths if path.endswith(_ENDINGS) and _FILE.search(path)]
    return [*_locks(paths), *paths]


def _locks(paths: Iterable[str]) -> list[str]:
    folders = sorted({"", *map(posixpath.dirname, paths)})
    return [posixpath.join(folder, name) for folder in folders for name in _LOCKS]


def _agreed(found: list[CeleryVersion]) -> CeleryVersion | None:
    """What the files nearest to the root agree on, those for development and tests left out where there are others.
    Versions that differ in the last number agree on the lower one."""
    found = [v for v in found if not _SECONDARY.search(v.path)] or found
    depth = min(v.path.count("/") for v in found)
    nearest = [v for v in found if v.path.count("/") == depth]
    lowest = min(nearest, key=lambda v: v.release)
    return lowest if all(v.release[:2] == lowest.release[:2] for v in nearest) else None


def _read(root: Path, path: str) -> str:
    try:
        with open(root / path, "rb") as file:
            if os.fstat(file.fileno()).st_size > _LARGEST:
                return ""
            data = file.read()
    except OSError:
        return ""
    return data.decode("utf-8", "replace") if b"elery" in data else ""


def _of_lock(root: Path, path: str) -> CeleryVersion | None:
    text = _read(root, path)
    pattern = _LOCKED_BY_PIPENV if path.endswith("Pipfile.lock") else _LOCKED
    releases = [r for match in pattern.finditer(text) if (r := _release(match[1]))]
    return CeleryVersion(min(releases), True, path) if releases else None


def _of_requirements(root: Path, path: str) -> CeleryVersion | None:
    text = _read(root, path)
    if not text:
        return None
    name = posixpath.basename(path)
    if name in ("pyproject.toml", "Pipfile"):
        found = list(_specifiers(_toml(text), False))
    else:
        found = [match[1] for match in (_QUOTED if name == "setup.py" else _LINE).finditer(text)]
    bounds = [bound for text in found if (bound := _bound(text))]
    if not bounds:
        return None
    release, pinned = min(bounds)
    return CeleryVersion(release, pinned, path)


def _toml(text: str) -> object:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except ValueError:
        return {}


def _specifiers(value: object, among_dependencies: bool) -> Iterator[str]:
    """What a TOML document asks of Celery: strings such as "celery>=5.3", keys `celery` in tables of dependencies."""
    if isinstance(value, dict):
        for key, item in value.items():
            if among_dependencies and str(key).lower() == "celery":
                version = item.get("version") if isinstance(item, dict) else item
                if isinstance(version, str):
                    # Poetry takes a bare version for that very one
                    yield f"=={version}" if re.fullmatch(r"v?\d[\w.]*", version) else version
            else:
                yield from _specifiers(item, "dependencies" in str(key) or str(key) in ("packages", "dev-packages"))
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                match = _REQUIREMENT.match(item)
                if match:
                    yield match[1]
            else:
                yield from _specifiers(item, False)


def _bound(specifier: str) -> tuple[tuple[int, ...], bool] | None:
    """The lowest release that a specifier allows, and whether it allows that one only."""
    lowest: tuple[int, ...] | None = None
    for clause in specifier.split(","):
        match = _CLAUSE.match(clause.strip().strip("\"'"))
        release = _release(match[2]) if match else None
        if match is None or release is None or match[1] in ("!=", "<", "<="):
            continue
        if match[1] in ("==", "===") and "*" not in match[3]:
            return release, True
        lowest = max(lowest or release, release)
    return (lowest, False) if lowest is not None else None


def _release(text: str) -> tuple[int, ...] | None:
    """(5, 4, 0) of "5.4.0rc1", None of what is no version."""
    match = re.match(r"\d+(?:\.\d+)*", text)
    if match is None:
        return None
    return (*(int(part) for part in match[0].split(".")), 0, 0)[:3]

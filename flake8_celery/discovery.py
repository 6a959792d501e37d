"""Which files belong to a project: its root, and the Python and deployment files below it."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .gitignore import Ignore, ignored
from .kinds import is_deployment_file, may_be_deployment_file

ROOT_MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
WEAK_ROOT_MARKERS = ("manage.py",)

_TELLING = frozenset({*ROOT_MARKERS, ".gitignore", "pyvenv.cfg", "conda-meta", "bin", "Scripts"})
"""What tells about the folder that it is in: most folders hold nothing of that."""

SKIPPED = frozenset(
    {"node_modules", "bower_components", "__pycache__", "__pypackages__", "site-packages", "dist-packages", "CVS"}
)
"""Folders that never hold a project's own code."""

DEPLOYMENT_ONLY = frozenset(
    {
        ".aws",
        ".azure",
        ".circleci",
        ".deploy",
        ".deployment",
        ".devcontainer",
        ".do",
        ".docker",
        ".ebextensions",
        ".github",
        ".gitlab",
        ".helm",
        ".k8s",
        ".kube",
        ".kubernetes",
        ".platform",
    }
)
"""Hidden folders in which deployment files are looked for, but no code."""


@dataclass
class Tree:
    """The files of a project: relative path with "/" -> (mtime in ns, size). `listed` is when that was looked at, in
    ns since 1970, 0 where nobody knows."""

    root: Path
    python: dict[str, tuple[int, int]] = field(default_factory=dict)
    deployment: dict[str, tuple[int, int]] = field(default_factory=dict)
    listed: int = field(default=0, compare=False)
    nested: list[str] = field(default_factory=list)
    """The folders below that are marked as the root of a project of their own."""


def find_root(path: Path, marked: dict[tuple[str, str], bool] | None = None) -> Path:
    """The root of the project that a file or folder belongs to; where nothing marks a root, what holds its package.
    `marked` keeps which folders have which markers, for calls with other paths."""
    try:
        path = path.resolve()
    except (OSError, RuntimeError):  # a loop of links
        path = Path(os.path.abspath(path))
    folder = path if path.is_dir() else path.parent
    known = {} if marked is None else marked
    names = [os.fspath(candidate) for candidate in (folder, *folder.parents)]
    for markers in (ROOT_MARKERS, WEAK_ROOT_MARKERS):
        for name in names:
            key = (name, markers[0])
            if key not in known:
                known[key] = any(_is_marked(name, marker) for marker in markers)
            if known[key]:
                return Path(name)
    while os.path.lexists(os.path.join(folder, "__init__.py")) and folder != folder.parent:
        folder = folder.parent
    return folder


def is_strong_root(folder: Path) -> bool:
    """Whether a folder is marked as the root of a project."""
    return any(_is_marked(os.fspath(folder), marker) for marker in ROOT_MARKERS)


def _is_marked(folder: str, marker: str) -> bool:
    """Whether the marker is in the folder; a `setup.py` inside a package is one of its modules."""
    if not os.path.lexists(os.path.join(folder, marker)):
        return False
    return marker != "setup.py" or not os.path.lexists(os.path.join(folder, "__init__.py"))


def walk(root: Path, exclude: Sequence[str] = ()) -> Tree:
    """The files below `root`, without those that git ignores, that `exclude` names or that are not the project's."""
    return _Walk(root, exclude).run()


def is_on_disk(root: Path, tree: Tree, dotted: str) -> bool:
    """Whether there is such a module or folder beside a project's own: compiled, generated or ignored by git."""
    relative = dotted.replace(".", os.sep)
    folder, _, stem = relative.rpartition(os.sep)
    top = dotted.partition(".")[0]
    below = os.path.join(root, "")
    for base in {path.rpartition("/")[0] for path in tree.python} | {""}:
        if base and not os.path.isdir(f"{below}{base}{os.sep}{top}"):
            continue
        place = root / base / folder
        if (place / stem).is_dir() or any(place.glob(f"{stem}.*")):
            return True
    return False


class _Walk:
    def __init__(self, root: Path, exclude: Sequence[str]) -> None:
        self.tree = Tree(root, listed=time.time_ns())
        self.base = os.fspath(root)
        self.excluded = _excluder(self.base, exclude)

    def run(self) -> Tree:
        ignores = _inherited_ignores(self.base)
        pending: list[tuple[str, tuple[Ignore, ...], bool]] = [("", ignores, True)]
        while pending:
            relative, ignores, code = pending.pop()
            folder = os.path.join(self.base, relative) if relative else self.base
            try:
                with os.scandir(folder) as scan:
                    entries = {entry.name: entry for entry in scan}
            except OSError:
                continue
            if not _TELLING.isdisjoint(entries):
                if relative and _is_foreign(folder, entries):
                    continue
                if relative and any(marker in entries and _is_marked(folder, marker) for marker in ROOT_MARKERS):
                    self.tree.nested.append(relative)
                if ".gitignore" in entries:
                    ignores += _read_ignore(os.path.join(folder, ".gitignore"), relative)
            for name, entry in entries.items():
                path = f"{relative}/{name}" if relative else name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        enters = self.enters(name, folder, entries)
                        if enters and not self.excluded(entry.path) and not ignored(ignores, path, True):
                            pending.append((path, ignores, code and name not in DEPLOYMENT_ONLY))
                    else:
                        is_python = code and name.endswith(".py") and not name.startswith("._")
                        is_deployment = may_be_deployment_file(name) and is_deployment_file(path)
                        if is_python or is_deployment:
                            self.take(path, entry, ignores, is_python, is_deployment)
                except OSError:
                    continue
        self.tree.python = dict(sorted(self.tree.python.items()))
        self.tree.deployment = dict(sorted(self.tree.deployment.items()))
        return self.tree

    @staticmethod
    def enters(name: str, folder: str, siblings: Iterable[str]) -> bool:
        """Whether a folder of that name may hold files of the project."""
        if name.startswith("."):
            return name in DEPLOYMENT_ONLY
        if name in SKIPPED or name.endswith((".egg-info", ".dist-info", ".egg")):
            return False
        if name == "build":
            return "setup.py" not in siblings and not os.path.isdir(os.path.join(folder, name, "lib"))
        if name == "dist":
            return os.path.isfile(os.path.join(folder, name, "__init__.py"))
        return True

    def take(
        self, path: str, entry: os.DirEntry[str], ignores: tuple[Ignore, ...], is_python: bool, is_deployment: bool
    ) -> None:
        if self.excluded(entry.path) or ignored(ignores, path, False):
            return
        status = entry.stat()
        if not stat.S_ISREG(status.st_mode) or (entry.is_symlink() and self.links_inside(entry)):
            return
        if is_python:
            self.tree.python[path] = (status.st_mtime_ns, status.st_size)
        if is_deployment:
            self.tree.deployment[path] = (status.st_mtime_ns, status.st_size)

    def links_inside(self, entry: os.DirEntry[str]) -> bool:
        """Whether a link leads to a file of this project, which is found under its own name."""
        return os.path.realpath(entry.path).startswith(os.path.join(os.path.realpath(self.base), ""))


def _is_foreign(folder: str, names: Iterable[str]) -> bool:
    """Whether a folder is a virtual environment or another repository."""
    if ".git" in names or "pyvenv.cfg" in names or "conda-meta" in names:
        return True
    if "bin" in names and "lib" in names and os.path.isfile(os.path.join(folder, "bin", "activate")):
        try:
            return any(name.startswith(("python", "pypy")) for name in os.listdir(os.path.join(folder, "lib")))
        except OSError:
            return False
    return "Scripts" in names and os.path.isfile(os.path.join(folder, "Scripts", "activate.bat"))


# --- patterns ---------------------------------------------------------------------------------------------------------


def _excluder(base: str, patterns: Sequence[str]) -> Callable[[str], bool]:
    """A test of absolute paths with flake8's meaning: a pattern is matched against the basename and the whole path; one
    with a slash is relative to `base`."""
    whole: list[str] = []
    for pattern in filter(None, map(str.strip, patterns)):
        absolute = pattern
        if pattern == "." or os.sep in pattern or "/" in pattern:
            absolute = os.path.normpath(os.path.join(base, pattern))
        whole.append(fnmatch.translate(os.path.normcase(absolute.rstrip("/" + os.sep))))
    if not whole:
        return lambda _: False
    match = re.compile("|".join(whole)).match

    def excluded(path: str) -> bool:
        path = os.path.normcase(path)
        return match(os.path.basename(path)) is not None or match(path) is not None

    return excluded


def _read_ignore(path: str, folder: str, above: str = "") -> tuple[Ignore, ...]:
    """The rules of a `.gitignore`, none where it cannot be read; `folder` is its place in the paths to be tested."""
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            return (Ignore(file, f"{folder}/" if folder else "", above),)
    except (OSError, re.error, OverflowError):
        return ()


def _inherited_ignores(base: str) -> tuple[Ignore, ...]:
    """The rules of the `.gitignore` files above the root, up to the repository's own folder, for paths below it."""
    above: list[str] = []
    folder = base
    while not os.path.lexists(os.path.join(folder, ".git")):
        folder, name = os.path.split(folder)
        if not name:
            return ()
        above.insert(0, name)
    found: tuple[Ignore, ...] = ()
    for depth in range(len(above)):
        path = os.path.join(folder, *above[:depth], ".gitignore")
        rules = _read_ignore(path, "")
        # Whoever names an ignored folder as a project wants it read.
        if any(ignored(rules, "/".join(above[depth:end]), True) for end in range(depth + 1, len(above) + 1)):
            return ()
        found += _read_ignore(path, "", "/".join(above[depth:]) + "/")
    return found

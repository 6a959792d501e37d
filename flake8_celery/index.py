"""The modules of a project: which there are, what they are called, and their facts, read once and kept on disk."""

from __future__ import annotations

import gc
import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .model import Module
from .source import SourceError, concerns_celery, decode, read

if TYPE_CHECKING:
    from .cache import Entry, Store
    from .discovery import Tree

_TEST_FOLDERS = frozenset(
    {"test", "tests", "testing", "unittests", "unit_tests", "integration_tests", "testutils", "test_utils"}
)


LIBRARIES = frozenset(
    {"celery", "kombu", "billiard", "amqp", "redis", "requests", "httpx", "aiohttp", "django", "flask", "fastapi"}
)
"""Names that mean the library, also beside a file of the project that is called the same (`proj/celery.py`)."""


def is_test_path(path: str) -> bool:
    """Whether a file, by its place and name, is part of the project's tests."""
    *folders, name = path.split("/")
    stem = name.removesuffix(".py")
    return (
        stem.startswith("test_")
        or stem.endswith(("_test", "_tests"))
        or stem in ("conftest", "tests", "test")
        or any(folder in _TEST_FOLDERS or folder.startswith("test_") for folder in folders)
    )


class Index:
    """`tree` names the files; facts are read when asked for, from `store` where it has them.

    `overlay` holds the text of files that differ from the disk (an editor's buffer, standard input).
    """

    def __init__(self, root: Path, tree: Tree, store: Store | None) -> None:
        self.root = root
        self.tree = tree
        self.store = store
        self.problems: dict[str, SourceError] = {}
        self._overlay: dict[str, bytes] = {}
        self._modules: dict[str, Module | None] = {}
        self._relevant: dict[str, bool] = {}
        self._folders = _folders(tree.python)
        self._packages = {posixpath.dirname(p) for p in tree.python if posixpath.basename(p) == "__init__.py"}
        self._roots = self._import_roots()
        self._names: dict[str, str] = {}
        self._found: dict[tuple[str, str], str | None] = {}

    # --- reading

    def overlay(self, path: str, data: bytes) -> None:
        """Use `data` for the file instead of what is on disk."""
        self._overlay[path] = data
        self.tree.python.setdefault(path, (0, len(data)))
        self._folders |= _folders([path])
        self._modules.pop(path, None)
        self._relevant.pop(path, None)
        self._found.clear()

    def data(self, path: str) -> bytes:
        """The bytes of a file. Raises SourceError."""
        held = self._overlay.get(path)
        return held if held is not None else read(self.root / path)

    def concerns_celery(self, path: str) -> bool:
        """Whether the file's own text can concern Celery."""
        known = self._relevant.get(path)
        if known is None:
            entry = self._entry(path)
            if entry is not None:
                known = entry.concerns
            else:
                try:
                    known = concerns_celery(self.data(path))
                except SourceError as error:
                    self.problems[path] = error
                    known = False
            self._relevant[path] = known
        return known

    def _entry(self, path: str) -> Entry | None:
        if self.store is None or path in self._overlay:
            return None
        return self.store.lookup(path, self.tree.python[path], lambda: self.data(path))

    def module(self, path: str) -> Module | None:
        """The facts of a file, None where it cannot be read or parsed (`problems` says why)."""
        try:
            return self._modules[path]
        except KeyError:
            pass
        module: Module | None = None
        try:
            entry = self._entry(path)
            if entry is not None and entry.error is not None:
                raise SourceError(path, *entry.error)
            stored = _decoded(entry) if entry is not None else None
            module = stored if isinstance(stored, Module) else self._parse(path)
        except SourceError as error:
            self.problems[path] = error
        self._modules[path] = module
        return module

    def _parse(self, path: str) -> Module:
        from .facts import facts

        data = self.data(path)
        try:
            module = facts(decode(path, data))
        except SourceError as error:
            self._keep(path, data, error=(error.line, error.message))
            raise
        self._keep(path, data, facts=module)
        return module

    def _keep(self, path: str, data: bytes, facts: Module | None = None, error: tuple[int, str] | None = None) -> None:
        if self.store is not None and path not in self._overlay:
            concerns = concerns_celery(data)
            self.store.put(path, self.tree.python[path], data, concerns=concerns, facts=facts, error=error)

    def scan(self, progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Read what concerns Celery; the paths of these files, in order. Afterwards the cache is up to date."""
        paths = sorted(self.tree.python)
        relevant = []
        for count, path in enumerate(paths):
            if progress is not None and count % 50 == 0:
                progress(count, len(paths))
            entry = self._entry(path)
            if entry is None:
                try:
                    data = self.data(path)
                except SourceError as error:
                    self.problems[path] = error
                    continue
                self._relevant[path] = concerns_celery(data)
                if not self._relevant[path]:
                    self._keep(path, data)
            if self.concerns_celery(path):
                self.module(path)
                relevant.append(path)
        if progress is not None:
            progress(len(paths), len(paths))
        return relevant

    def using(self, decorators: set[str], known: set[str]) -> list[str]:
        """The files, other than the known ones, that use one of these decorators."""
        pattern = re.compile(
            rb"^[ \t]*@(?:\w+\.)*(?:%s)\b" % "|".join(map(re.escape, sorted(decorators))).encode(), re.MULTILINE
        )
        found = []
        for path in sorted(self.tree.python):
            if path not in known and not is_test_path(path):
                try:
                    if pattern.search(self.data(path)):
                        found.append(path)
                except SourceError:
                    continue
        return found

    # --- names of modules

    def _import_roots(self) -> list[str]:
        """Folders (relative, "" for the root) that Python is likely to have on its path, the deepest first."""
        roots = {"", "src"} & (self._folders | {""})
        for path in self.tree.python:
            folder, name = posixpath.split(path)
            if name == "manage.py":
                roots.add(folder)
        for package in self._packages:
            parent = posixpath.dirname(package)
            if package and parent not in self._packages:
                roots.add(parent)
        return sorted(roots, key=lambda r: (-r.count("/") if r else 1, r))

    def module_name(self, path: str) -> str:
        """The name under which the project imports the file."""
        known = self._names.get(path)
        if known is not None:
            return known
        folder = posixpath.dirname(path)
        while folder in self._packages and folder:
            folder = posixpath.dirname(folder)
        base = folder
        if not (posixpath.dirname(path) in self._packages and posixpath.dirname(path)):
            # a file outside packages: named from the nearest folder that is likely on the path
            base = next((r for r in self._roots if _below(path, r) and r in self._strong_roots), "")
        relative = path[len(base) + 1 :] if base else path
        name = relative.removesuffix(".py").replace("/", ".")
        name = name.removesuffix(".__init__") if name != "__init__" else name
        self._names[path] = name
        return name

    @property
    def _strong_roots(self) -> set[str]:
        managed = {posixpath.dirname(p) for p in self.tree.python if posixpath.basename(p) == "manage.py"}
        return managed | {"", "src"}

    def import_root(self, path: str) -> str:
        """The folder from which the file's package is imported."""
        folder = posixpath.dirname(path)
        while folder in self._packages and folder:
            folder = posixpath.dirname(folder)
        return folder

    def path_of(self, dotted: str, near: str | None = None) -> str | None:
        """The file of a module by its import name; of several, that nearest to the file `near`."""
        key = (dotted, self.import_root(near) if near is not None else "")
        try:
            return self._found[key]
        except KeyError:
            pass
        found = None
        if dotted.partition(".")[0] in LIBRARIES:
            return None
        relative = dotted.replace(".", "/")
        for base in self._roots_for(near):
            place = f"{base}/{relative}" if base else relative
            for candidate in (f"{place}/__init__.py", f"{place}.py"):
                if candidate in self.tree.python:
                    found = candidate
                    break
            if found is not None:
                break
        self._found[key] = found
        return found

    def has(self, dotted: str, near: str | None = None) -> bool:
        """Whether the project has such a module, package or namespace folder."""
        if self.path_of(dotted, near) is not None:
            return True
        if dotted.partition(".")[0] in LIBRARIES:
            return False
        relative = dotted.replace(".", "/")
        return any((f"{base}/{relative}" if base else relative) in self._folders for base in self._roots_for(near))

    def _roots_for(self, near: str | None) -> list[str]:
        if near is None:
            return self._roots
        own = self.import_root(near)
        inside = [own] + [r for r in self._roots if r != own and _below(near, r)]
        folder = posixpath.dirname(near)
        rest = [r for r in self._roots if r not in inside]
        # a script's own folder is on its path
        return inside + ([folder] if folder not in self._packages and folder not in inside else []) + rest

    def relative(self, path: str, target: str) -> str | None:
        """The absolute name of a relative import target as written in the file; None where it leaves the project."""
        level = len(target) - len(target.lstrip("."))
        name = self.module_name(path)
        parts = name.split(".")
        if posixpath.basename(path) != "__init__.py":
            parts = parts[:-1]
        if level - 1 > len(parts):
            return None
        parts = parts[: len(parts) - (level - 1)]
        rest = target[level:]
        return ".".join([*parts, rest] if rest else parts) or None


def _decoded(entry: Entry) -> object:
    """The stored facts; collecting while so many objects are made would take more time than making them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return entry.facts
    finally:
        if collecting:
            gc.enable()


def _folders(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = posixpath.dirname(path)
        while folder and folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")

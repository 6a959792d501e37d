"""Which files call something that is defined in another one, as far as their texts tell: those without a word of Celery
are parsed only where one of them may be on the way from a transaction to what is sent in it."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise

from .imports import import_statements
from .sought import Sought
from .source import SourceError

_NAMES = re.compile(r"\w+")
_TEXTS = 100
"""Texts that are kept in memory: files that import the same class are looked at one after the other."""


class Importers:
    """The imports in files at `paths`; `read` gives the bytes of a file, or raises SourceError."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes]) -> None:
        self._known: dict[Sought, list[str]] = {}
        self._places: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._names: dict[tuple[str, str], dict[str, str]] = {}
        self._modules: dict[str, set[str]] = {}
        self._by_module: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        """The files, each with the names that it imports, by the last word of the module."""
        self._paths: set[str] = set()
        self.follow(paths, read, ())

    def follow(self, paths: Iterable[str], read: Callable[[str], bytes], changed: Iterable[str]) -> None:
        """Be about other files, of which `changed` are no longer what they were."""
        self._read = lru_cache(_TEXTS)(read)
        paths = set(paths)
        gone = (self._paths - paths) | (self._paths & set(changed))
        if gone:
            for rows in self._by_module.values():
                rows[:] = [row for row in rows if row[0] not in gone]
        new = (paths - self._paths) | (paths & gone)
        if gone or new:
            self._known.clear()
            self._places.clear()
            self._names.clear()
            self._modules.clear()
        for path in new:
            with suppress(SourceError):
                for module, names in imported(path, read(path)):
                    self._by_module[module].append((path, names))
        self._paths = paths

    def of(self, sought: Sought) -> list[str]:
        """The files that may call it, in order."""
        known = self._known.get(sought)
        if known is None:
            known = self._known[sought] = sorted(self._calling(sought))
        return known

    def names(self, sought: Sought) -> list[Sought]:
        """It, with the other places and names that files which import it give it."""
        return [Sought(place, name, sought.method) for place, name in self._imported_as(sought.place, sought.name)]

    def _calling(self, sought: Sought) -> set[str]:
        found: set[str] = set()
        for each in self.names(sought):
            by_name = self._by_name(each.place, each.name)
            if not sought.method:
                found |= by_name.keys()
            asked = {*self._by_place(each.place), *by_name} - found
            if asked:
                call = each.call
                found.update(path for path in asked if self._says(path, call))
        return found

    def _imported_as(self, place: str, name: str) -> list[tuple[str, str]]:
        known = self._places.get((place, name))
        if known is None:
            known = self._places[place, name] = [(place, name)]
            for here in known:
                for path, also in self._by_name(*here).items():
                    there = path.removesuffix(".py").removesuffix("/__init__"), also
                    if there not in known and there[0].rpartition("/")[2] in self._by_module:
                        known.append(there)
        return known

    def _by_name(self, place: str, name: str) -> dict[str, str]:
        """The files that import something from its module, each with the name that they give it."""
        found = self._names.get((place, name))
        if found is None:
            found = self._names[place, name] = {}
            for path, names in self._by_module.get(place.rpartition("/")[2], ()):
                if name in names:
                    words = _NAMES.findall(names)
                    if name in words:
                        also = words[words.index(name) + 1 :]
                        found[path] = also[1] if also[:1] == ["as"] and len(also) > 1 else name
                elif "*" in names:
                    found[path] = name
        return found

    def _by_place(self, place: str) -> set[str]:
        """The files that import a module, or a package around it."""
        found = self._modules.get(place)
        if found is None:
            parts = place.split("/")
            rows = self._by_module.get(parts[-1], ())
            found = self._modules[place] = {path for path, names in rows if not names}
            for package, module in pairwise(parts):
                word = re.compile(rf"\b{re.escape(module)}\b")
                rows = self._by_module.get(package, ())
                found.update(path for path, names in rows if module in names and word.search(names) is not None)
        return found

    def _says(self, path: str, call: re.Pattern[bytes]) -> bool:
        try:
            return call.search(self._read(path)) is not None
        except SourceError:
            return False


def imported(path: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The last words of the modules that a file imports anything from, each with the names as they are written, which
    are "" where the module itself is imported."""
    if b"import" not in data:
        return
    for match in import_statements(data.decode("utf-8", "replace")):
        source = match["source"]
        if source is None:
            for part in match["modules"].split(","):
                words = part.split()
                if words:
                    yield words[0].rpartition(".")[2], ""
            continue
        module = source.rpartition(".")[2]
        if not module:
            folder = posixpath.dirname(path)
            for _ in source[1:]:
                folder = posixpath.dirname(folder)
            module = posixpath.basename(folder)
        yield module, match["names"]

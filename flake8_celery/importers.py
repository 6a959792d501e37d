"""Which files call something that is defined in another one, as far as their texts tell: those without a word of Celery
are parsed only where one of them may be on the way from a transaction to what is sent in it."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from itertools import pairwise

from .imports import import_statements
from .roles import module_place
from .sought import Sought, attributes_called
from .source import SourceError

_NAMES = re.compile(r"\w+")


class Importers:
    """The imports in files at `paths`; `read` gives the bytes of a file, or raises SourceError."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes]) -> None:
        self._known: dict[Sought, list[str]] = {}
        self._places: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._names: dict[tuple[str, str], dict[str, str]] = {}
        self._modules: dict[str, set[str]] = {}
        self._imports: dict[str, list[tuple[str, str]]] = {}
        """What each file imports."""
        self._called: dict[str, frozenset[str]] = {}
        """What is called as an attribute in the files whose texts were asked for."""
        self._by_module: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        """The files, each with the names that it imports, by the last word of the module."""
        self.follow(paths, read, ())

    def follow(self, paths: Iterable[str], read: Callable[[str], bytes], changed: Iterable[str]) -> None:
        """Be about other files, of which `changed` are no longer what they were."""
        paths = set(paths)
        self._read = read
        self._take(self._imports.keys() - paths, (paths - self._imports.keys()) | (paths & set(changed)), read)

    def change(self, paths: Iterable[str]) -> None:
        """The texts of some files are no longer what they were."""
        self._take((), self._imports.keys() & set(paths), self._read)

    def _take(self, gone: Collection[str], new: Collection[str], read: Callable[[str], bytes]) -> None:
        self._known.clear()
        for path in (*gone, *new):
            self._called.pop(path, None)
        now: dict[str, list[tuple[str, str]]] = {path: [] for path in gone}
        for path in new:
            now[path] = []
            with suppress(SourceError):
                now[path] = list(imported(path, read(path)))
        differ = [path for path, imports in now.items() if self._imports.get(path) != imports]
        for path in differ:
            for module in {module for module, _ in self._imports.pop(path, ())}:
                self._by_module[module] = [row for row in self._by_module[module] if row[0] != path]
            for module, names in now[path]:
                self._by_module[module].append((path, names))
            if path not in gone:
                self._imports[path] = now[path]
        if differ:
            self._places.clear()
            self._names.clear()
            self._modules.clear()
        for path in gone:
            self._imports.pop(path, None)

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
            name = each.method or each.name
            found.update(path for path in asked if self._says(path, name))
        return found

    def _imported_as(self, place: str, name: str) -> list[tuple[str, str]]:
        known = self._places.get((place, name))
        if known is None:
            known = self._places[place, name] = [(place, name)]
            for here in known:
                for path, also in self._by_name(*here).items():
                    there = module_place(path), also
                    if there not in known:
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

    def _says(self, path: str, name: str) -> bool:
        """Whether something of that name is called as an attribute in a file."""
        called = self._called.get(path)
        if called is None:
            called = self._called[path] = frozenset()
            with suppress(SourceError):
                called = self._called[path] = attributes_called(self._read(path).decode("utf-8", "replace"))
        return name in called or not name.isascii()  # which can be written in several ways


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

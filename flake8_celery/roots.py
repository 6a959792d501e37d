"""Under which names a project imports its files: the folders that Python has on its path while a worker runs.

Celery names a task after the module it was imported as. Where the folders do not tell (`backend/` holds both
`manage.py` and `__init__.py`, a folder is no package), the imports of the project do.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from .libraries import LIBRARIES
from .model import Const, Items
from .roles import module_place

if TYPE_CHECKING:
    from .model import Expr, Module, Scope
    from .reading import Derived

_DJANGO_SETTINGS = re.compile(rb"""DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")
_SETTINGS_VARIABLE = Const("DJANGO_SETTINGS_MODULE")
_NAMING = frozenset({"Celery", "autodiscover_tasks", "config_from_object"})
"""Calls whose strings name modules as the worker imports them."""


_Votes = tuple["Module", list[tuple[bool, tuple[str, str]]], int]


class _Tree:
    """What only the places of the files tell. `roots` are the folders in which names can be looked up."""

    def __init__(self, python: Collection[str]) -> None:
        self.size = len(python)
        self._python = python
        self.roots: dict[tuple[str, str], str | None] = {}

    @cached_property
    def firsts(self) -> frozenset[str]:
        """What the first part of a name of the project's own can be."""
        found = {part for path in self._python for part in posixpath.dirname(path).split("/")}
        return frozenset(found | {posixpath.basename(path).removesuffix(".py") for path in self._python})

    @cached_property
    def places(self) -> frozenset[str]:
        """All modules, packages and folders, without suffix."""
        found = {module_place(path) for path in self._python}
        for place in list(found):
            found.update(_above(place))
        return frozenset(found)


class Roots:
    """`python` are the project's files, `packages` its folders with an `__init__.py`, `modules` those that concern
    Celery. `read` gives the bytes of a file, `started` the names that commands give to `celery -A`. What only
    depends on the files' places, and what modules said that have not changed since, is taken over from `before`."""

    def __init__(
        self,
        python: Collection[str],
        packages: Collection[str],
        modules: Callable[[], Iterable[Module]],
        read: Callable[[str], bytes],
        started: Callable[[], Iterable[str]],
        derived: Derived,
        before: Roots | None = None,
    ) -> None:
        self._python = python
        self._packages = packages
        self._modules = modules
        self._read = read
        self._started = started
        self._derived = derived
        self._tree = _Tree(python)
        self._votes: dict[str, _Votes] = {}
        if before is not None and before._tree.size == len(python):
            self._tree, self._votes = before._tree, before._votes

    def agrees(self, other: Roots) -> bool:
        """Whether everything that was asked of this one would be answered in the same way by the other."""
        if not {"_evidence", "_relative"} <= self.__dict__.keys() or self._tree is not other._tree:
            return False
        return self._evidence == other._evidence and self._relative == other._relative

    def follow(self, old: Module | None, new: Module | None) -> bool:
        """Take new facts of a file for the old ones; False where they tell something else."""
        known = self._votes.get(old.path) if old is not None else None
        if known is None or known[0] is not old or new is None:
            return False
        del self._votes[new.path]
        return self._voted(new)[1:] == known[1:]

    @cached_property
    def _managed(self) -> frozenset[str]:
        """The folders of `manage.py`, which Python puts on its path."""
        return frozenset(posixpath.dirname(p) for p in self._python if posixpath.basename(p) == "manage.py")

    def of(self, path: str) -> str | None:
        """The folder from which the project imports the file, None where nothing but its packages tells."""
        place = module_place(path)
        if "/" not in place:
            return ""
        folders = [f for f in _above(place) if f not in self._relative]
        for votes in (self._dotted, self._single):
            counts = {f: votes[f, _first(place, f)] for f in folders}
            best = max(folders, key=counts.__getitem__, default=None)
            if best is not None and counts[best]:
                return best
        return self._by_others(path, folders)

    def _by_others(self, path: str, folders: list[str]) -> str | None:
        """The folder from which what stands beside the file is imported, where nothing imports the file's own package.

        What is in a package is not imported from above the topmost one, whatever the rest of the repository does.
        """
        top = posixpath.dirname(path)
        if top and top not in self._packages:
            return next((f for f in folders if self._totals[f]), None)
        while top and top in self._packages:
            top = posixpath.dirname(top)
        within = [f for f in folders if f == top or f.startswith(f"{top}/" if top else "")]
        best = max(within, key=self._totals.__getitem__, default=None)
        return best if best is not None and self._totals[best] else None

    def may_be(self, folder: str) -> bool:
        """Whether a package may be such a folder all the same: `manage.py` puts its own folder on Python's path."""
        return folder in self._managed and folder not in self._relative

    # --- evidence: how often the folder or file of that name in that folder is imported by its first name alone

    @cached_property
    def _evidence(self) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
        dotted: Counter[tuple[str, str]] = Counter()
        single: Counter[tuple[str, str]] = Counter()
        for module in self._modules():
            _, votes, _ = self._voted(module)
            for is_dotted, place in votes:
                (dotted if is_dotted else single)[place] += 1
        for near, name in self._named_elsewhere():
            vote = self._vote(near, name)
            if vote is not None:
                (dotted if vote[0] else single)[vote[1]] += 1
        return dotted, single

    def _voted(self, module: Module) -> _Votes:
        """The module, its evidence (whether of dotted names, and for what), and how far its relative imports climb."""
        known = self._votes.get(module.path)
        if known is None or known[0] is not module:
            names, deepest = self._derived(naming, module)
            votes = sorted(vote for name in names if (vote := self._vote(module.path, name)) is not None)
            known = self._votes[module.path] = (module, votes, deepest)
        return known

    def _vote(self, near: str | None, name: str) -> tuple[bool, tuple[str, str]] | None:
        first = name.partition(".")[0]
        if first not in self._tree.firsts:
            return None
        root = self._root_of(near, name)
        if root is None:
            return None
        if "." in name or near is None:
            return True, (root, first)
        return (False, (root, first)) if root not in self._packages or root in self._managed else None

    @property
    def _dotted(self) -> Counter[tuple[str, str]]:
        return self._evidence[0]

    @property
    def _single(self) -> Counter[tuple[str, str]]:
        """A single word is too often the name of a library, too: it tells nothing about what is in a package."""
        return self._evidence[1]

    @cached_property
    def _totals(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for votes in self._evidence:
            for (folder, _), count in votes.items():
                found[folder] += count
        return found

    @cached_property
    def _relative(self) -> frozenset[str]:
        """Folders that are packages, since relative imports lead into them."""
        found: set[str] = set()
        for module in self._modules():
            folder = posixpath.dirname(module.path)
            for _ in range(self._voted(module)[2]):
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found - {""})

    def _named_elsewhere(self) -> Iterator[tuple[str | None, str]]:
        """The names by which modules are imported where no facts are read, each with the file it stands in."""
        for folder in sorted(self._managed):
            path = posixpath.join(folder, "manage.py")
            for match in _DJANGO_SETTINGS.finditer(self._read(path)):
                yield path, match[1].decode()
        for name in self._started():
            yield None, name.partition(":")[0]

    def _root_of(self, near: str | None, name: str) -> str | None:
        """The one folder in which the name can be looked up, None where there is none or more than one."""
        wanted = name.replace(".", "/")
        if name.partition(".")[0] in LIBRARIES or (near is not None and name in sys.stdlib_module_names):
            return None
        if near is None:
            # of `proj.celery.app` the last part is no module
            for place in (wanted, posixpath.dirname(wanted)):
                found = [p for p in self._tree.places if place and (p == place or p.endswith("/" + place))]
                if found:
                    return found[0][: -len(place)].rstrip("/") if len(found) == 1 else None
            return None
        key = (posixpath.dirname(near), wanted)
        if key not in self._tree.roots:
            places = self._tree.places
            found = [f for f in _above(near) if (f"{f}/{wanted}" if f else wanted) in places]
            self._tree.roots[key] = found[0] if len(found) == 1 else None
        return self._tree.roots[key]


def naming(module: Module) -> tuple[list[str], int]:
    """The names of modules that a module imports or gives to Celery and Django as strings, and how far its relative
    imports climb."""
    names: set[str] = set()
    deepest = 0
    for scope in module.scopes:
        names.update(_strings(scope))
        for imported in scope.imports:
            climbs = len(imported.loads) - len(imported.loads.lstrip("."))
            deepest = max(deepest, climbs)
            if not climbs:
                names.add(imported.loads)
    return sorted(names), deepest


def _strings(scope: Scope) -> Iterator[str]:
    """The names of modules that calls give to Celery or Django as strings."""
    for call in scope.calls:
        if call.attr in _NAMING:
            listed = [call.keyword("include"), call.keyword("packages"), *(call.args if call.attr != "Celery" else ())]
            for expr in listed:
                yield from _names(expr)
        elif call.attr == "setdefault" and call.args[:1] == (_SETTINGS_VARIABLE,) and len(call.args) == 2:
            yield from _names(call.args[1])


def _names(expr: Expr | None) -> Iterator[str]:
    for item in expr.items if isinstance(expr, Items) else (expr,):
        if isinstance(item, Const) and isinstance(item.value, str) and item.value.replace(".", "_").isidentifier():
            yield item.value


def _above(place: str) -> tuple[str, ...]:
    """The folders that a place is in, the nearest first, "" for the root at the end."""
    return _with_above(posixpath.dirname(place)) if place else ()


@lru_cache(1 << 14)
def _with_above(folder: str) -> tuple[str, ...]:
    """A folder and those that it is in."""
    return (folder, *_with_above(posixpath.dirname(folder))) if folder else ("",)


def _first(place: str, folder: str) -> str:
    """The first part of the place's name when looked up in the folder."""
    return (place[len(folder) + 1 :] if folder else place).partition("/")[0]

"""Which files import which, read from their text: cheap, and rather too many imports than too few."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .frozen import dataclass
from .libraries import LIBRARIES
from .roles import module_place
from .source import SourceError

if TYPE_CHECKING:
    from .discovery import Tree
    from .questions import Questions

_IMPORT = re.compile(
    r"""(?P<before>^[ \t]*|[;:][ \t]*)
    (?: from [ \t]+ (?P<source>[.\w]+) [ \t]+ import [ \t]* (?P<names>\([^)]*\)|[^\n;\#\\]*(?:\\\n[^\n;\#\\]*)*)
      | import [ \t]+ (?P<modules>[\w.][^\n;\#\\]*(?:\\\n[^\n;\#\\]*)*) )""",
    re.MULTILINE | re.VERBOSE,
)
_BEGINNING = re.compile(r"(?:^[ \t]*|[;:][ \t]*)(?:from|import)[ \t]", re.MULTILINE)
_DOTTED_STRING = re.compile(r"""["'](\.*[A-Za-z_]\w*(?:\.\w+)+|\.+[A-Za-z_]\w*)(?=["':])""")
_NAMES_TASK = re.compile(r"""(?:["']task["']\s*:|\btask\s*=|\b(?:send_task|signature)\()\s*\Z""")
"""What stands before the name of a task, in a schedule or a call: a message is sent, nothing is imported."""
_IMPORTED_STRING = re.compile(r"""(?:import_module|__import__|autodiscover_modules)\(\s*["']([\w.]+)["']""")
_IMPORTING = ("import_module", "__import__", "autodiscover_modules")
_AUTODISCOVERED = re.compile(r"""\bautodiscover_modules\(([^)]*)\)""")
_LITERALS = re.compile(r"""\s*(?:["'][\w.]+["']\s*,?\s*)+(?:register_to\b.*)?""", re.DOTALL)
_DYNAMIC = re.compile(
    r"""\b(?: (?:import_module|__import__|load_module|exec_module)\( \s* (?!["'][\w.]+["']\s*[,)] | settings\.\w+\))
        (?! [^()\n]*\.\w+["'] )
        | pkgutil\. | walk_packages\b | iter_modules\b | find_modules\b | import_submodules\b
        | spec_from_file_location\b | runpy\. | load_entry_point\b | entry_points\( | venusian\b )""",
    re.VERBOSE,
)
_DYNAMIC_WORDS = (
    "_module", "__import__", "pkgutil", "_packages", "import_sub", "spec_from", "runpy", "entry_point", "venusian",
)  # fmt: skip
"""One of them is in every text that `_DYNAMIC` matches."""
_SUFFIX = re.compile(r"""\b(?:import_module|__import__)\([^()\n]*\.(\w+)["']""")
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"\w+")


class DynamicImportError(Exception):
    """A file imports modules whose names it computes."""


@dataclass(frozen=True, slots=True)
class Imports:
    """The project's files that a file imports.

    `at_import` are those that it imports as soon as it is imported itself, `ever` also those in functions, under
    conditions and by dotted names in strings. `dynamic` is set where it also imports modules whose names it computes.
    """

    at_import: frozenset[str]
    ever: frozenset[str]
    dynamic: bool


_NOTHING = Imports(frozenset(), frozenset(), False)


class ImportGraph:
    """The imports between the files of a project, each file read when it is asked for.

    `read` gives the bytes of a file, or raises SourceError; `questions` are told what was found."""

    def __init__(self, tree: Tree, read: Callable[[str], bytes], questions: Questions) -> None:
        self._tree = tree
        self._data = read
        self._questions = questions
        self.size = len(tree.python)
        self._known: dict[str, Imports] = {}
        self._meant: dict[tuple[str, str | None], frozenset[str]] = {}
        """The files that names can mean in folders."""
        self._named: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for path in tree.python:
            place = module_place(path)
            self._named[place.rpartition("/")[2]].append((path, place))

    def forget(self, path: str) -> None:
        """The text of a file has changed."""
        self._known.pop(path, None)

    def of(self, path: str) -> Imports:
        """What the file imports; nothing where it cannot be read."""
        known = self._known.get(path)
        if known is None:
            try:
                text = self._data(path).decode("utf-8-sig", "replace")
            except SourceError:
                known = _NOTHING
            else:
                known = self._read(path, text)
            self._known[path] = known
            self._questions.imports(path, known)
        return known

    def paths(self, dotted: str, near: str | None = None) -> frozenset[str]:
        """The files that a module of that name can be, with those of the packages around it.

        Any folder that is no package may be on Python's path, and so may those around the file `near`.
        """
        named = self._named.get(dotted.rpartition(".")[2])
        if not dotted or named is None or (near is not None and dotted.partition(".")[0] in LIBRARIES):
            return frozenset()
        key = dotted, posixpath.dirname(near) if near is not None else None
        found = self._meant.get(key)
        if found is None:
            found = self._meant[key] = self._paths(dotted, named, key[1])
        return found

    def _paths(self, dotted: str, named: Iterable[tuple[str, str]], near: str | None) -> frozenset[str]:
        """Those of the files with the name's last part, and their packages, that the name can mean in a folder."""
        found: set[str] = set()
        wanted = dotted.replace(".", "/")
        for path, place in named:
            if place == wanted:
                base = ""
            elif place.endswith("/" + wanted):
                base = place[: -len(wanted) - 1]
            else:
                continue
            if not self._is_root(base, dotted, near):
                continue
            found.add(path)
            folder = posixpath.dirname(place)
            while folder and folder != base:
                if self._is_package(folder):
                    found.add(f"{folder}/__init__.py")
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def nearest(self, dotted: str, near: str) -> set[str]:
        """Of the files that a module of that name can be, those nearest to the file `near`."""
        return self._nearest(near, set(self.paths(dotted, near)))

    def named(self, last: str) -> list[str]:
        """The files of modules and packages whose name ends with that word."""
        return [path for path, _ in self._named.get(last, ())]

    def reached(self, start: Iterable[str]) -> set[str]:
        """The files that are imported from these, themselves included.

        Raises DynamicImportError where one of them imports modules of computed names.
        """
        found: set[str] = set()
        pending = list(start)
        while pending:
            path = pending.pop()
            if path not in found:
                found.add(path)
                imports = self.of(path)
                if imports.dynamic:
                    raise DynamicImportError
                pending.extend(imports.ever)
        return found

    def _is_root(self, base: str, dotted: str, near: str | None) -> bool:
        """Whether the name may be looked up in the folder `base`, by what stands in the folder `near`."""
        if not base or near is None or f"{base}/manage.py" in self._tree.python:
            return True
        below = near == base or near.startswith(base + "/")
        if "." in dotted:
            return not self._is_package(base) or below
        # a single word is too often the name of a library, too
        return below and (not self._is_package(base) or near == base)

    def _is_package(self, folder: str) -> bool:
        return f"{folder}/__init__.py" in self._tree.python

    def _read(self, path: str, text: str) -> Imports:
        at_import: set[str] = set()
        ever: set[str] = set()
        for match in import_statements(text):
            found = self._imported(path, match)
            ever |= found
            if match["before"] == "":
                at_import |= self._nearest(path, found)
            if "*" in (match["names"] or ""):
                ever |= self._submodules(found)
        for match in _DOTTED_STRING.finditer(text):
            if not _NAMES_TASK.search(text, max(0, match.start() - 200), match.start()):
                ever |= self._string(path, match[1])
        if any(word in text for word in _IMPORTING):
            for match in _IMPORTED_STRING.finditer(text):
                ever |= self.paths(match[1], path)
            for match in _SUFFIX.finditer(text):
                # the beginning of the name is computed, its last part is not
                ever.update(self.named(match[1]))
            for match in _AUTODISCOVERED.finditer(text):
                for word in _WORD.findall(match[1]):
                    ever.update(self.named(word))
        own = posixpath.dirname(path)
        if self._is_package(own):
            at_import.add(f"{own}/__init__.py")
        at_import.discard(path)
        ever |= at_import
        ever.discard(path)
        return Imports(frozenset(at_import), frozenset(ever), self._is_dynamic(text))

    @staticmethod
    def _is_dynamic(text: str) -> bool:
        if not any(word in text for word in _DYNAMIC_WORDS):
            return False
        if any(not _in_comment(text, m.start()) for m in _DYNAMIC.finditer(text)):
            return True
        return any(
            not _LITERALS.fullmatch(m[1])
            for m in _AUTODISCOVERED.finditer(text)
            if not text[: m.start()].endswith("def ")
        )

    def _imported(self, path: str, match: re.Match[str]) -> set[str]:
        found: set[str] = set()
        if match["modules"] is not None:
            for part in match["modules"].replace("\\\n", " ").split(","):
                found |= self.paths(part.split()[0] if part.split() else "", path)
            return found
        source = match["source"]
        names = _WORD.findall(re.sub(r"\bas\s+\w+", "", _COMMENT.sub("", match["names"])))
        if source.startswith("."):
            folder = self._relative(path, source)
            if folder is None:
                return found
            found |= self._at(folder)
            for name in names:
                found |= self._at(f"{folder}/{name}" if folder else name)
        else:
            found |= self.paths(source, path)
            for name in names:
                found |= self.paths(f"{source}.{name}", path)
        return found

    @staticmethod
    def _nearest(path: str, found: set[str]) -> set[str]:
        """Of files that one name can mean, those that have most folders in common with the importing file."""
        meant: dict[str, list[str]] = defaultdict(list)
        for candidate in found:
            meant[posixpath.basename(module_place(candidate))].append(candidate)
        kept: set[str] = set()
        for candidates in meant.values():
            if len(candidates) == 1:
                kept.update(candidates)
                continue
            common = {c: len(posixpath.commonpath([posixpath.dirname(path), c])) if c else 0 for c in candidates}
            kept.update(c for c in candidates if common[c] == max(common.values()))
        return kept

    def _submodules(self, found: set[str]) -> set[str]:
        """The modules of these packages: `__all__` may name them."""
        folders = {posixpath.dirname(p) for p in found if p.endswith("/__init__.py")}
        return {p for p in self._tree.python if posixpath.dirname(p) in folders}

    @staticmethod
    def _relative(path: str, source: str) -> str | None:
        """The place, without suffix, that a relative import names."""
        level = len(source) - len(source.lstrip("."))
        folder = posixpath.dirname(path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = posixpath.dirname(folder)
        rest = source[level:].replace(".", "/")
        return f"{folder}/{rest}" if folder and rest else rest or folder

    def _at(self, place: str) -> set[str]:
        """The file at a place without suffix, with the packages around it."""
        found = {p for p in (f"{place}.py", f"{place}/__init__.py") if p in self._tree.python}
        folder = posixpath.dirname(place)
        while folder and self._is_package(folder):
            found.add(f"{folder}/__init__.py")
            folder = posixpath.dirname(folder)
        return found

    def _string(self, path: str, text: str) -> set[str]:
        """The module that a string may name, also where it names something in it."""
        if text.startswith("."):
            place = self._relative(path, text)
            return self._at(place) if place else set()
        while "." in text:
            found = self.paths(text, path)
            if found:
                return set(found)
            text = text.rpartition(".")[0]
        return set(self.paths(text, path)) if text else set()


def import_statements(text: str) -> Iterator[re.Match[str]]:
    """What `_IMPORT` finds in a text: most lines do not have the word, and need not be looked at."""
    position = 0
    while (found := text.find("import", position)) >= 0:
        line = max(position, text.rfind("\n", 0, found) + 1)
        end = text.find("\n", found)
        begin = _BEGINNING.search(text, line, end if end >= 0 else len(text))
        match = _IMPORT.match(text, begin.start()) if begin is not None else None
        if match is not None:
            yield match
            position = max(match.end(), found + 1)
        elif begin is not None:
            position = begin.end()
        else:
            position = found + 1 if end < 0 else end


def _in_comment(text: str, offset: int) -> bool:
    return text[text.rfind("\n", 0, offset) + 1 : offset].lstrip().startswith("#")

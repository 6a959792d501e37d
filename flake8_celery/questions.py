"""What was asked of the texts of files, and what they answered: a file that still gives the same answers may change
without a change to what is said of others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .hashing import blake2b
from .place import Span
from .sought import Sought

if TYPE_CHECKING:
    from .imports import Imports

_SILENT = "u"
_FEW = 200
"""Files up to which it is kept that they were asked."""
_STRING = re.compile(r"""["']([A-Za-z_][\w.]*)["']""")
_SENT = re.compile(r"""["']task["']\s*:\s*["'][\w.]+["']""")
_URLCONF = re.compile(r"""\bROOT_URLCONF\s*=\s*["'][\w.]+["']""")
URLCONF = "ROOT_URLCONF ="
"""Among the names in a text, that it says where Django's URLs are."""
_Pattern = re.Pattern[str] | re.Pattern[bytes]


class Questions:
    """`read` gives the bytes of a file, or raises SourceError.

    `found` are the words that a pattern was found with, by the pattern and by the files that have any, and `asked` the
    files that it was looked for in, as long as these are few. `imported` stands for what files import, `naming` for
    the dotted names in them. `quoted` are the files that are read for more than that, and `own` those whose text is
    read for what is found in themselves. `configuring` are those whose facts were read for settings, and `tests` those
    among the tests whose facts were read at all. `spots` are where keywords and keys stand in files, and `comments`
    what comments say there, by the places that were asked about.
    """

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self.found: dict[str, dict[str, list[str]]] = {}
        self.asked: dict[str, set[str]] = {}
        self.imported: dict[str, str] = {}
        self.quoted: set[str] = set()
        self.own: set[str] = set()
        self.naming: dict[str, str] = {}
        self.spots: dict[str, dict[tuple[Span, str], Span]] = {}
        self.comments: dict[str, dict[Span, list[str]]] = {}
        self.configuring: set[str] = set()
        self.tests: set[str] = set()
        self.sought: set[Sought] = set()

    def contains(
        self, path: str, pattern: re.Pattern[bytes], data: bytes | None = None, *, silent: bool = False
    ) -> bool:
        """Whether the pattern is found in a file, whose bytes are `data` if they are known. With `silent`, only files
        without a word of Celery are asked. Raises SourceError."""
        answer = _answer(pattern, data if data is not None else self._read(path))
        return bool(self._note(_key(pattern, silent), path, answer))

    def words(self, path: str, pattern: re.Pattern[str], likely: Iterable[bytes]) -> list[str]:
        """What the pattern's groups hold in a file; there is nothing where none of the `likely` bytes is in it.
        Raises SourceError."""
        data = self._read(path)
        return self._note(_key(pattern), path, _answer(pattern, data) if any(word in data for word in likely) else [])

    def quote(self, path: str) -> bytes:
        """The bytes of a file, of which anything may be used. Raises SourceError."""
        self.quoted.add(path)
        return self._read(path)

    def quote_own(self, path: str) -> bytes:
        """The bytes of a file, for what is found in itself. Raises SourceError."""
        self.own.add(path)
        return self._read(path)

    def named(self, path: str, data: bytes | None = None) -> list[str]:
        """The dotted names in the strings of a file, but for those of tasks that are sent, and `URLCONF`. Raises
        SourceError."""
        found = _named(data if data is not None else self._read(path))
        self.naming[path] = _digest(found)
        return found

    def imports(self, path: str, imports: Imports) -> None:
        """A file imports these."""
        self.imported[path] = stands_for(imports)

    def has_found_silently(self, path: str) -> bool:
        """Whether a pattern that only files without a word of Celery are asked for was found in it."""
        return any(path in found for key, found in self.found.items() if key.startswith(_SILENT))

    def _note(self, key: str, path: str, answer: list[str]) -> list[str]:
        by_path = self._answers(key, [path])
        if answer:
            by_path[path] = answer
        else:
            by_path.pop(path, None)
        return answer

    def _answers(self, key: str, asked: Iterable[str] | None) -> dict[str, list[str]]:
        """What is known of a pattern, which was looked for in these files, or, as far as is known, in any."""
        if key not in self.found:
            self.found[key], self.asked[key] = {}, set()
        few = self.asked.get(key)
        if few is not None:
            few.update(asked or ())
            if asked is None or len(few) > _FEW:
                del self.asked[key]
        return self.found[key]

    def packed(self) -> dict[str, object]:
        """All that is known, for JSON."""
        sets = {"quoted": self.quoted, "own": self.own, "configuring": self.configuring, "tests": self.tests}
        spots = {
            path: [[_numbers(around), key, _numbers(at)] for (around, key), at in found.items()]
            for path, found in self.spots.items()
        }
        comments = {
            path: [[_numbers(span), said] for span, said in found.items()] for path, found in self.comments.items()
        }
        by_place: dict[str, list[list[str]]] = {}
        for place, name, method in sorted(self.sought):
            by_place.setdefault(place, []).append([name, method])
        said: dict[str, object] = {"imported": self.imported, "naming": self.naming}
        said |= {"spots": spots, "comments": comments, "sought": by_place}
        few = {key: sorted(paths) for key, paths in self.asked.items()}
        return {"found": self.found, "asked": few, **said, **{name: sorted(paths) for name, paths in sets.items()}}

    def absorb(self, packed: Mapping[str, Any]) -> None:
        """Take over what `packed` gave elsewhere for the same texts. Raises an exception of any kind where it is not
        that."""
        for key, answers in packed["found"].items():
            asked = packed["asked"].get(key)
            self._answers(key, None if asked is None else map(str, asked)).update(
                {path: [str(word) for word in said] for path, said in answers.items()}
            )
        self.imported.update({str(path): str(said) for path, said in packed["imported"].items()})
        self.naming.update({str(path): str(said) for path, said in packed["naming"].items()})
        for path, spots in packed["spots"].items():
            known = {(_span(around), str(word)): _span(at) for around, word, at in spots}
            self.spots.setdefault(path, {}).update(known)
        for path, comments in packed["comments"].items():
            self.comments.setdefault(path, {}).update({_span(at): list(map(str, said)) for at, said in comments})
        self.quoted.update(map(str, packed["quoted"]))
        self.own.update(map(str, packed["own"]))
        self.configuring.update(map(str, packed["configuring"]))
        self.tests.update(map(str, packed["tests"]))
        for place, names in packed["sought"].items():
            self.sought.update(Sought(str(place), str(name), str(method)) for name, method in names)

    def load(self, path: Path, number: str) -> bool:
        """Take over what is kept on disk under a number, "" being none; whether it was there. Never raises."""
        try:
            kept = json.loads(path.read_bytes())
            if not number or kept["number"] != number:
                return False
            self.absorb(kept)
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, all is asked anew
            return False
        return True

    def holds(self, path: str, data: bytes, *, silent: bool, alike: bool = False) -> bool:
        """Whether a file with these bytes answers as it did, as far as its imports are not concerned. Where its facts
        are `alike`, it is asked what it was asked, and nothing else."""
        if path in self.quoted or (path in self.naming and self.naming[path] != _digest(_named(data))):
            return False
        try:
            return all(
                _answer(_pattern(key), data) == answers.get(path, [])
                for key, answers in self.found.items()
                if (silent or not key.startswith(_SILENT)) and not (alike and path not in self.asked.get(key, (path,)))
            )
        except (ValueError, re.error):
            return False  # what was kept is no pattern


def _numbers(span: Span) -> list[int]:
    return [span.line, span.column, span.end_line, span.end_column]


def _span(numbers: Iterable[int]) -> Span:
    line, column, end_line, end_column = map(int, numbers)
    return Span(line, column, end_line, end_column)


def stands_for(imports: Imports) -> str:
    """A short text that is another one for other imports."""
    return _digest((sorted(imports.at_import), sorted(imports.ever), imports.dynamic))


def _digest(said: object) -> str:
    return blake2b(repr(said).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _named(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    found = set(_STRING.findall(_SENT.sub("", text)))
    return sorted(found | {URLCONF} if _URLCONF.search(text) else found)


def _answer(pattern: _Pattern, data: bytes) -> list[str]:
    if isinstance(pattern.pattern, bytes):
        return [""] if pattern.search(data) is not None else []
    found = pattern.finditer(data.decode("utf-8", "replace"))
    return sorted({str(match[match.lastindex]) for match in found if match.lastindex})


def _key(pattern: _Pattern, silent: bool = False) -> str:
    text = pattern.pattern
    kind = (_SILENT if silent else "b") if isinstance(text, bytes) else "s"
    return f"{kind}{pattern.flags}:{text.decode('latin-1') if isinstance(text, bytes) else text}"


def _pattern(key: str) -> _Pattern:
    """The pattern of a key. Raises ValueError or re.error where it is none."""
    head, _, text = key.partition(":")
    flags = int(head[1:])
    return re.compile(text, flags) if head[0] == "s" else re.compile(text.encode("latin-1"), flags)

"""YAML documents as nodes that know their place in the file.

The nodes are built here, from the parser's events: PyYAML's own composer recurses without a limit (its C variant
crashes the process on deep nesting), and nothing may ever be constructed. An alias is the same node again, so a
"billion laughs" file costs nothing: `Mapping.merged` merges each mapping once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from .text import Piece

if TYPE_CHECKING:
    import yaml
else:
    try:
        import yaml
    except ImportError:  # libcst brings this one on Python 3.13
        import yaml_ft as yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 100
_MOST = 200_000
_MOST_MERGED = 500


class BrokenDocumentError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(eq=False, slots=True)
class Scalar:
    value: str
    start: int
    end: int
    plain: bool

    def integer(self) -> int | None:
        """The value as a number; None where it is a variable or something else."""
        return int(self.value) if re.fullmatch(r"[0-9]{1,6}", self.value, re.ASCII) else None

    @property
    def is_null(self) -> bool:
        return self.plain and self.value in ("", "~", "null", "Null", "NULL")

    def boolean(self) -> bool | None:
        word = self.value.lower()
        return True if word in ("true", "yes", "on") else False if word in ("false", "no", "off") else None


@dataclass(eq=False, slots=True)
class Sequence:
    items: list[Node] = field(default_factory=list)
    start: int = 0
    end: int = 0


@dataclass(eq=False, slots=True)
class Mapping:
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    start: int = 0
    end: int = 0
    _merged: dict[str, Node] | None = None

    def merged(self) -> dict[str, Node]:
        """The entries with plain keys, those of `<<` included; what the mapping says itself wins."""
        if self._merged is None:
            self._merged = {}  # a mapping that merges itself
            own: dict[str, Node] = {}
            inherited: dict[str, Node] = {}
            for key, value in self.pairs:
                if not isinstance(key, Scalar):
                    continue
                if key.value == "<<" and key.plain:
                    sources = value.items if isinstance(value, Sequence) else [value]
                    for source in sources[:_MOST_MERGED]:
                        if isinstance(source, Mapping) and len(inherited) < _MOST_MERGED:
                            inherited = source.merged() | inherited
                else:
                    own[key.value] = value
            self._merged = inherited | own
        return self._merged

    def get(self, *names: str) -> Node | None:
        """The node below these keys, None where there is none."""
        node: Node = self
        for name in names:
            if not isinstance(node, Mapping):
                return None
            found = node.merged().get(name)
            if found is None:
                return None
            node = found
        return node

    def scalar(self, *names: str) -> Scalar | None:
        node = self.get(*names)
        return node if isinstance(node, Scalar) and not node.is_null else None

    def string(self, *names: str) -> str:
        found = self.scalar(*names)
        return found.value if found is not None else ""

    def mapping(self, *names: str) -> Mapping | None:
        node = self.get(*names)
        return node if isinstance(node, Mapping) else None


Node: TypeAlias = Scalar | Sequence | Mapping


def items(node: Node | None) -> list[Node]:
    return node.items if isinstance(node, Sequence) else []


def documents(text: str) -> list[Node]:
    """The documents of a YAML file. Raises BrokenDocumentError."""
    found: list[Node] = []
    try:
        found.extend(_compose(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        message = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
        raise BrokenDocumentError(mark.line + 1 if mark is not None else 1, f"broken YAML: {message}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise BrokenDocumentError(1, f"broken YAML: {error}") from error
    return found


def scalar_lines(text: str) -> Iterator[tuple[int, int]]:
    """The first and the last line of each scalar that takes several lines; none behind what cannot be read."""
    if is_template(text):
        text = masked(text)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            first, last = event.start_mark, event.end_mark
            if (
                isinstance(event, yaml.ScalarEvent)
                and first is not None
                and last is not None
                and first.line < last.line
            ):
                yield first.line + 1, last.line + (last.column > 0)  # a block ends where the next line begins
    except (yaml.YAMLError, ValueError, RecursionError, MemoryError):
        return


def _compose(text: str) -> Iterator[Node]:
    anchors: dict[str, Node] = {}
    root: Node | None = None
    # What is open, with the key that waits for its value.
    stack: list[tuple[Sequence | Mapping, list[Node]]] = []

    def put(node: Node) -> None:
        nonlocal root
        if not stack:
            root = node
            return
        parent, key = stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif key:
            parent.pairs.append((key.pop(), node))
        else:
            key.append(node)

    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        first, last = event.start_mark, event.end_mark
        line = first.line + 1 if first is not None else 1
        start = first.index if first is not None else 0
        end = last.index if last is not None else 0
        if count > _MOST:
            raise BrokenDocumentError(line, "too large to be read")
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(event.value, start, end, not event.style)
            put(node)
        elif isinstance(event, yaml.AliasEvent):
            aliased = anchors.get(event.anchor or "")
            if aliased is None:
                raise BrokenDocumentError(line, f"broken YAML: undefined alias {event.anchor!r}")
            put(aliased)
            continue
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(stack) >= _DEEPEST:
                raise BrokenDocumentError(line, "nested too deeply")
            opened = Mapping(start=start) if isinstance(event, yaml.MappingStartEvent) else Sequence(start=start)
            node = opened
            put(node)
            stack.append((opened, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()[0].end = end
            continue
        else:
            if isinstance(event, yaml.DocumentEndEvent):
                if root is not None:
                    yield root
                root = None
                anchors.clear()
            continue
        if event.anchor:
            anchors[event.anchor] = node


# --- scalars back in the file -----------------------------------------------------------------------------------------


def piece(scalar: Scalar, text: str) -> Piece:
    """The value of a scalar with the place of each character in the file `text`.

    Quotes, escapes and indentation are not undone but skipped: each character of the value is looked for behind the one
    before.
    """
    raw = text[scalar.start : scalar.end]
    if scalar.plain and raw == scalar.value:
        return Piece.at(raw, scalar.start)
    places: list[int] = []
    position = 0
    for char in scalar.value:
        if char.isspace():
            places.append(scalar.start + position)
            if raw[position : position + 1].isspace():
                position += 1
            continue
        found = raw.find(char, position, position + 2000)
        if found >= 0:
            position = found + 1
        places.append(scalar.start + max(position - 1, 0))
    return Piece(scalar.value, places)


def words(node: Node | None, text: str) -> list[Piece]:
    """The scalars of a sequence, one word each."""
    return [piece(item, text) for item in items(node) if isinstance(item, Scalar)]


# --- templates --------------------------------------------------------------------------------------------------------

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_CONTROL = re.compile(r"\{\{-?\s*(?:/\*|\$\w+\s*:?=|(?:if|else|end|range|with|define|block)\b)|\{%|\{#")
HOLE = "\ue000"
_HOLES = re.compile(f"{HOLE}+")


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def masked(text: str) -> str:
    """A template as YAML of the same length: statements become spaces, values a run of `HOLE`."""

    def cover(match: re.Match[str]) -> str:
        start, end = match.span()
        before, after = text[max(0, start - 500) : start], text[end : end + 500]
        alone = not before[before.rfind("\n") + 1 :].strip() and not after.partition("\n")[0].strip()
        if alone or _CONTROL.match(match[0]):
            return "".join(c if c in "\r\n" else " " for c in match[0])
        return HOLE * len(match[0])

    return _TEMPLATE.sub(cover, text)


def unmasked(word: Piece, text: str) -> Piece:
    """The word as the template `text` writes it."""
    if HOLE not in word.text:
        return word
    parts: list[str] = []
    places: list[int] = []
    position = 0
    for match in _HOLES.finditer(word.text):
        parts.append(word.text[position : match.start()])
        places += word.places[position : match.start()]
        first, last = word.places[match.start()], word.places[match.end() - 1]
        parts.append(text[first : last + 1])
        places += range(first, first + len(text[first : last + 1]))
        position = match.end()
    parts.append(word.text[position:])
    places += word.places[position:]
    return Piece("".join(parts), places, word.quoted)

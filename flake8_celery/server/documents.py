"""The open documents, and what is known about each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pygls.uris import to_fs_path, uri_scheme

from ..source import SourceError
from .text import Text, shifted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..diagnostics import Diagnostic

LARGEST = 1_000_000
"""Bytes of a buffer; larger ones are not looked at while somebody types."""


@dataclass(frozen=True)
class Analysis:
    """What was found in one version of a document. `text` is what the places of the findings refer to. `parsed` where
    the project has that text; otherwise it has an older one, and a repair of that would undo what was typed since."""

    version: int
    text: Text
    findings: tuple[Diagnostic, ...]
    parsed: bool = True

    @property
    def identity(self) -> str:
        """The same for the same findings: a client that has them need not get them again."""
        told = [
            (f.code, f.message, f.span.line, f.span.column, f.span.end_line, f.span.end_column) for f in self.findings
        ]
        lines = [[self.text.position(self.text.place(line, column)).character for _, _, line, column, _, _ in told]]
        return hashlib.blake2b(json.dumps([told, lines]).encode(), digest_size=12).hexdigest()


@dataclass(eq=False)
class Document:
    """A document that the client holds. `stale` when something that its findings depend on has changed since the last
    analysis; `analysis` is None until the first. `touched` is the time of the last edit."""

    uri: str
    path: Path
    version: int
    text: Text
    touched: float = 0.0
    stale: bool = True
    analysis: Analysis | None = None
    complaints: set[str] = field(default_factory=set)

    def bytes(self) -> bytes:
        """The buffer as a file. Raises SourceError where it cannot be one, or is too large."""
        if len(self.text.text) > LARGEST:
            raise SourceError(str(self.path), 1, f"too large to be checked while it is open: over {LARGEST} characters")
        try:
            return self.text.bytes()
        except (UnicodeError, LookupError) as error:
            raise SourceError(str(self.path), 1, f"cannot be written in the encoding it declares: {error}") from error

    def unparsed(self) -> Analysis:
        """What stands of the last analysis while the text does not parse: the findings in lines that did not change."""
        last = self.analysis
        if last is None:
            return Analysis(self.version, self.text, (), parsed=False)
        spans = shifted(last.text.text, self.text.text, [found.span for found in last.findings])
        kept = tuple(replace(f, span=span) for f, span in zip(last.findings, spans, strict=True) if span is not None)
        return Analysis(self.version, self.text, kept, parsed=False)

    @property
    def is_known(self) -> bool:
        """Whether the project has the text that the client has."""
        return self.analysis is not None and self.analysis.version == self.version and self.analysis.parsed


class Documents:
    """The open documents by their URI. Only files of this machine are kept."""

    def __init__(self) -> None:
        self.encoding = "utf-16"
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        return self._open.get(unquote(uri))

    def opened(self, uri: str, version: int, text: str) -> Document | None:
        path = path_of(uri)
        if path is None:
            return None
        document = Document(uri, path, version, Text(text, self.encoding))
        self._open[unquote(uri)] = document
        return document

    def changed(self, uri: str, version: int, text: str) -> Document | None:
        document = self.get(uri)
        if document is not None:
            document.version = version
            document.text = Text(text, self.encoding)
            document.stale = True
        return document

    def closed(self, uri: str) -> Document | None:
        return self._open.pop(unquote(uri), None)


def path_of(uri: str) -> Path | None:
    """The file of a URI, None where it is none."""
    if uri_scheme(uri) != "file":
        return None
    path = to_fs_path(uri)
    return Path(path) if path else None

"""The page of a rule, where a finding is or a `# noqa` names it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from . import convert

if TYPE_CHECKING:
    from .documents import Document
    from .text import Text

_NOQA = re.compile(r"#\s*noqa\s*:(?P<codes>[^#]*)", re.IGNORECASE)
_CODE = re.compile(r"CEL[0-9]{3}")


def kind(client: types.ClientCapabilities) -> types.MarkupKind:
    """The kind of text that the client prefers. The pages are Markdown, which can be read as it is."""
    about = client.text_document.hover if client.text_document is not None else None
    formats = about.content_format if about is not None else None
    return types.MarkupKind(formats[0]) if formats else types.MarkupKind.Markdown


def hover(document: Document | None, position: types.Position, kind: types.MarkupKind) -> types.Hover | None:
    """What to show at a position of a document that has been looked at."""
    if document is None or document.analysis is None:
        return None
    text = document.analysis.text
    at = text.offset(position)
    named = _named(text, position.line, at)
    if named is not None:
        code, start, end = named
        codes, place = [code], types.Range(text.position(start), text.position(end))
    else:
        here = [
            finding
            for finding in document.analysis.findings
            if text.place(finding.span.line, finding.span.column)
            <= at
            <= text.place(finding.span.end_line, finding.span.end_column)
        ]
        if not here:
            return None
        codes, place = list(dict.fromkeys(finding.code for finding in here)), text.range(here[0].span)
    try:
        pages = [convert.page(code) for code in codes]
    except KeyError:
        return None
    return types.Hover(types.MarkupContent(kind, "\n---\n\n".join(pages)), place)


def _named(text: Text, line: int, at: int) -> tuple[str, int, int] | None:
    """The code at `at` in a `# noqa` comment, and where it stands."""
    start = text.offset(types.Position(line, 0))
    comment = _NOQA.search(text.line(line))
    if comment is None:
        return None
    for match in _CODE.finditer(text.line(line), comment.start("codes")):
        if start + match.start() <= at <= start + match.end():
            return match[0], start + match.start(), start + match.end()
    return None

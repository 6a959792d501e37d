"""One line for each finding, as flake8 prints them: `path:line:column: CEL401 message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rule import load
from .style import SEVERITY, Style, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..lint import Diagnostic


def render(diagnostics: Iterable[Diagnostic], style: Style) -> Iterator[str]:
    for found in diagnostics:
        rule = load(found.code)
        code = style.link(style.paint(found.code, SEVERITY[rule.severity]), rule.url)
        path = style.paint(printable(found.path), "bold")
        yield f"{path}:{found.span.line}:{found.span.column + 1}: {code} {printable(found.message)}"

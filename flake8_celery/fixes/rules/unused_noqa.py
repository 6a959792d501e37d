"""`# noqa` comments that silence nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import Edit, Span
from ...noqa import comments
from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from .. import Context


@fixer("CEL990")
def without_code(found: Diagnostic, context: Context) -> Fix | None:
    """Take the code out of the comment, and the comment away with the last one. What else the comment says stays."""
    line, start, end = found.span.line, found.span.column, found.span.end_column
    text = context.text.lines[line - 1]
    for comment in comments(context.text.source.text):
        columns = [column for _, column in comment.codes]
        if comment.line != line or start not in columns:
            continue
        code = text[start:end]
        title = f"Remove the unused `# noqa: {code}`"
        if len(columns) > 1:
            place = columns.index(start)
            if place:
                before, column = comment.codes[place - 1]
                return Fix(title, (Edit(Span(line, column + len(before), line, end), ""),))
            return Fix(title, (Edit(Span(line, start, line, columns[1]), ""),))
        rest = text[end:].lstrip(", \t").rstrip()
        if rest:
            said = rest if rest.startswith("#") else f"# {rest}"
            return Fix(title, (Edit(Span(line, comment.column, line, len(text)), said),))
        before = text[: comment.column]
        if before.strip():
            return Fix(title, (Edit(Span(line, len(before.rstrip()), line, len(text)), ""),))
        return Fix(title, (Edit(Span(line, 0, line + 1, 0), ""),))
    return None

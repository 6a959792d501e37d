"""Findings as the protocol has them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from lsprotocol import types

from ..rule import Rule, load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..diagnostics import Diagnostic
    from ..model import Edit
    from .text import Text

SOURCE = "flake8-celery"

_FENCE = re.compile(r"^```(\w+) path=(\S+)$", re.MULTILINE)
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "advice": types.DiagnosticSeverity.Information,
}


@cache
def rule(code: str) -> Rule:
    """The rule of that code; its page is read once. Raises KeyError."""
    return load(code)


def diagnostic(found: Diagnostic, text: Text) -> types.Diagnostic:
    """A finding in a text. Its description is the rule's page, a file that every installation brings."""
    about = rule(found.code)
    return types.Diagnostic(
        range=text.range(found.span),
        message=found.message,
        severity=_SEVERITIES[about.severity],
        code=found.code,
        code_description=types.CodeDescription(href=about.url),
        source=SOURCE,
    )


def edits(changes: Iterable[Edit], text: Text) -> list[types.TextEdit]:
    """Edits of a text, each once: two repairs may need the same import."""
    return [types.TextEdit(text.range(change.span), change.text) for change in dict.fromkeys(changes)]


def page(code: str) -> str:
    """The rule's page for a hover. Raises KeyError."""
    about = rule(code)
    title, _, rest = about.body.partition("\n")
    state = ", off unless selected" if about.opt_in else ""
    # editors take what follows the three backticks for the language
    rest = _FENCE.sub(r"*\2*\n\n```\1", rest)
    return f"{title}\n\n*{about.severity.capitalize()}{state}* ([page]({about.url}))\n{rest.rstrip()}\n"

"""`# noqa` comments that silence nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..model import Finding, Module, Span
from ..noqa import Comment, comments
from ..rule import checks, deployment_checks, rule
from ..source import SourceError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

CODE = "CEL990"
_OURS = re.compile(r"CEL[0-9]{1,3}", re.IGNORECASE)


@rule(CODE)
def unused_noqa(module: Module, project: Project) -> Iterator[Finding]:
    """Codes of ours in `# noqa` comments for lines in which their rules, selected or not, find nothing."""
    try:
        data = project.index.questions.quote_own(module.path)
        if b"CEL" not in data.upper() or b"noqa" not in data.lower():
            return
        text = decode(module.path, data).text
    except SourceError:
        return
    found = _Found(module, project)
    for comment in comments(text):
        for code, column in comment.codes:
            if not _OURS.fullmatch(code):
                continue
            known = found.rules(code.upper())
            if known and found.within(comment, known):
                continue
            span = Span(comment.line, column, comment.line, column + len(code))
            why = f"{code} finds nothing there" if known else "no rule has this code"
            yield Finding(span, f"`# noqa: {code}` silences nothing: {why}")


class _Found:
    """The lines in which rules find something in a module, before any comment silences them."""

    def __init__(self, module: Module, project: Project) -> None:
        self._module = module
        self._project = project
        self._lines: dict[str, frozenset[int]] = {}

    def rules(self, prefix: str) -> list[str]:
        """The codes that begin so. This rule's own is among them: a comment may silence it."""
        return [code for code in {**checks(), **deployment_checks()} if code.startswith(prefix)]

    def within(self, comment: Comment, codes: list[str]) -> bool:
        return CODE in codes or any(comment.first <= n <= comment.last for code in codes for n in self._of(code))

    def _of(self, code: str) -> frozenset[int]:
        if code not in self._lines:
            lines: set[int] = set()
            if code in checks():
                lines.update(finding.span.line for finding in checks()[code](self._module, self._project))
            apps = self._project.apps
            if code in deployment_checks() and apps and apps[0].module is self._module:
                # flake8 reports at the application what deployment files get wrong
                if any(True for _ in deployment_checks()[code](self._project)):
                    lines.add(apps[0].call.span.line)
            self._lines[code] = frozenset(lines)
        return self._lines[code]

"""The cases that rule pages show: small projects with the lines that must be reported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEADING = re.compile(r"(#{1,3}) (.+)")
FENCE = re.compile(r"(`{3,})(\w+)?(?: +path=(\S+))?\s*")
_MARKED = re.compile(r"[ \t]*(?:#|//|;)\s*CEL[0-9]{3}[ \t]*$", re.MULTILINE)
MARK = re.compile(r"(?:#|//|;)\s*(CEL[0-9]{3})\s*$")


@dataclass
class Case:
    """One heading of a page with its files; `expected` are the (path, line) that must be reported.

    A case below *Fixed* shows those files of the *Bad* case of the same title that repairs change.
    """

    page: str
    title: str
    bad: bool
    files: dict[str, str] = field(default_factory=dict)
    expected: set[tuple[str, int]] = field(default_factory=set)

    @property
    def section(self) -> str:
        """ "Bad", "Fixed" or "Good"."""
        return self.title.partition(":")[0]

    @property
    def unmarked(self) -> dict[str, str]:
        """The files without the marks."""
        return {path: _MARKED.sub("", text) for path, text in self.files.items()}

    def write(self, folder: Path) -> None:
        for path, text in self.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


def cases(page: Path) -> Iterator[Case]:
    """The cases below the headings *Bad*, *Fixed* and *Good* of a page."""
    code = page.stem
    section = ""
    case: Case | None = None
    fence: str | None = None
    language = path = ""
    lines: list[str] = []
    for line in page.read_text("utf-8").splitlines():
        if fence is not None:
            if line.rstrip() == fence:
                fence = None
                if case is not None:
                    _add(case, code, path or ("tasks.py" if language == "python" else ""), lines)
                continue
            lines.append(line)
            continue
        heading = HEADING.match(line)
        opening = FENCE.fullmatch(line)
        if heading:
            if case is not None and case.files:
                yield case
            level, title = len(heading[1]), heading[2].strip()
            if level <= 2:
                section = title
            case = (
                Case(code, title if level == 2 else f"{section}: {title}", section == "Bad")
                if section in ("Bad", "Fixed", "Good")
                else None
            )
        elif opening:
            fence, language, path, lines = opening[1], opening[2] or "", opening[3] or "", []
    if case is not None and case.files:
        yield case


def _add(case: Case, code: str, path: str, lines: list[str]) -> None:
    if not path:
        raise ValueError(f"{code}: {case.title}: a block that is not Python needs a path")
    kept = []
    for number, line in enumerate(lines, 1):
        mark = MARK.search(line)
        if mark:
            if mark[1] != code:
                raise ValueError(f"{code}: {case.title}: the mark {mark[1]} is another rule's")
            case.expected.add((path, number))
        kept.append(line)
    case.files[path] = "\n".join(kept) + "\n"

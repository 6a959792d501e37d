"""`# noqa` comments: which there are, where a new one has to stand, and what they mean in deployment files."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from .frozen import dataclass
from .place import Span
from .source import Suppressions

if TYPE_CHECKING:
    from .model import Edit

_LINE = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SEPARATOR = re.compile(r"[,\s]+")
_NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
"""What flake8 looks for in a line, and takes the first of."""

CANNOT = "no comment can stand there"
IN_STRING = "a string there holds `# noqa`, which hides any other"
UNSPLIT = "the file cannot be split into tokens"


class NoqaError(Exception):
    """Why a comment cannot be added."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A `# noqa` with codes. It counts for the lines from `first` to `last` and begins at `line` and `column`; `codes`
    are as written, each with the column where it begins."""

    first: int
    last: int
    line: int
    column: int
    codes: tuple[tuple[str, int], ...]


def comments(text: str) -> list[Comment]:
    """The `# noqa` comments with codes in a Python text; [] where it cannot be split into tokens."""
    try:
        statements = _Tokens(text).statements
    except NoqaError:
        return []
    found = []
    for statement in statements:
        match = _NOQA.search(statement.text)
        if match is None or not match["codes"]:
            continue
        for line, column, comment in statement.comments:
            start = statement.offset(line, column)
            if start <= match.start() < start + len(comment):
                codes = tuple(
                    (code[0], match.start("codes") + code.start() - statement.offset(line, 0))
                    for code in re.finditer(r"[^,\s]+", match["codes"])
                )
                found.append(Comment(statement.first, statement.last, line, column + match.start() - start, codes))
    return found


# --- new comments in Python -------------------------------------------------------------------------------------------


def silence(text: str, line: int, code: str, reason: str = "") -> Edit | None:
    """The edit of a Python text after which neither flake8 nor we report a code in a line: one more code in a comment
    that is there, or a new comment. None where that cannot be done."""
    try:
        tokens = _Tokens(text)
        statement = tokens.at(line)
        edit = _edit(statement, [code], reason)
    except NoqaError:
        return None
    return None if _with(text, tokens, {edit.span.line: [(line, code)]}, reason)[1] else edit


def annotate(text: str, found: Sequence[tuple[int, str]], reason: str = "") -> tuple[str, list[tuple[int, str, str]]]:
    """A Python text with comments for what was found, (line, code) each, and what cannot have one, with the reason.

    Nothing but comments differs in it, and each of them does what it is for.
    """
    try:
        tokens = _Tokens(text)
    except NoqaError as error:
        return text, [(line, code, str(error)) for line, code in found]
    groups: dict[int, list[tuple[int, str]]] = {}
    for line, code in found:
        statement = tokens.at(line)
        groups.setdefault(statement.last if statement is not None else 0, []).append((line, code))
    changed, why = _with(text, tokens, groups, reason)
    if not why:
        return changed, []
    left = []
    for last, group in groups.items():
        changed, why = _with(text, tokens, {last: group}, reason)
        if why:
            left += [(line, code, why) for line, code in group]
        else:
            text = changed
    return text, sorted(left)


def _with(text: str, tokens: _Tokens, groups: Mapping[int, Sequence[tuple[int, str]]], reason: str) -> tuple[str, str]:
    """The text with comments at the ends of these lines, and why that cannot be; "" where it can."""
    lines = _LINE.findall(text)
    try:
        for last, group in groups.items():
            edit = _edit(tokens.at(last), [code for _, code in group], reason)
            line = lines[last - 1]
            lines[last - 1] = line[: edit.span.column] + edit.text + line[edit.span.end_column :]
        changed = "".join(lines)
        _compare(text, changed, [each for group in groups.values() for each in group])
    except NoqaError as error:
        return text, str(error)
    return changed, ""


def _edit(statement: _Statement | None, codes: Sequence[str], reason: str) -> Edit:
    """The edit that adds codes to the last line of a statement, or to the `# noqa` in it."""
    from .model import Edit

    if statement is None:
        raise NoqaError(CANNOT)
    last = statement.lines[-1].rstrip("\r\n")
    end = len(last.rstrip())
    number = statement.last
    wanted = sorted(dict.fromkeys(codes))
    behind = f"  # {reason}" if reason else ""
    match = _NOQA.search(statement.text)
    if match is None or not match["codes"]:
        return Edit(Span(number, end, number, len(last)), f"  # noqa: {', '.join(wanted)}{behind}")
    listed = match["codes"].rstrip(", \t\r\n\f")
    offset = match.start("codes") + len(listed)
    line, column = statement.place(offset)
    if line != number:
        raise NoqaError(IN_STRING)
    comma = "," if "," in listed and ", " not in listed else ", "
    return Edit(
        Span(number, column, number, len(last)),
        "".join(comma + code for code in wanted) + last[column:end].rstrip() + behind,
    )


def _compare(old: str, new: str, found: Sequence[tuple[int, str]]) -> None:
    """Raise NoqaError where more than comments differs, or a comment does not do what it is for."""
    try:
        before, after = _Tokens(old), _Tokens(new)
    except NoqaError as error:
        raise NoqaError(CANNOT) from error
    if before.code != after.code or after.inside_strings > before.inside_strings:
        hidden = any("noqa" in string for _, string in before.code)
        raise NoqaError(IN_STRING if hidden else CANNOT)
    suppressions = Suppressions(new)
    if not all(suppressions.suppressed(line, code) for line, code in found):
        raise NoqaError(IN_STRING)


@dataclass(frozen=True, slots=True)
class _Statement:
    """Lines in which flake8 looks for one `# noqa`; `comments` are (line, column, text)."""

    first: int
    last: int
    lines: tuple[str, ...]
    comments: tuple[tuple[int, int, str], ...]

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def offset(self, line: int, column: int) -> int:
        return sum(map(len, self.lines[: line - self.first])) + column

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset in `text`."""
        line = self.first
        for content in self.lines:
            if offset <= len(content.rstrip("\n")):
                break
            offset -= len(content)
            line += 1
        return line, offset


class _Tokens:
    """The tokens of a Python text. `code` are all that mean something, `inside_strings` the number of comments within
    strings with expressions, which not every version of Python allows. Raises NoqaError."""

    def __init__(self, text: str) -> None:
        lines = [re.sub(r"[\r\n]+\Z", "", line) for line in _LINE.findall(text.removeprefix("\ufeff"))]
        self._lines = [f"{line}\n" for line in lines]
        if not text.endswith(("\r", "\n")) and lines:
            self._lines[-1] = lines[-1]
        self.code: list[tuple[int, str]] = []
        self.inside_strings = 0
        self.statements: list[_Statement] = []
        try:
            self._read()
        except (tokenize.TokenError, SyntaxError) as error:
            raise NoqaError(UNSPLIT) from error
        self._by_line = {n: each for each in self.statements for n in range(each.first, each.last + 1)}

    def _read(self) -> None:
        lines = iter(self._lines)
        first, last, depth = 0, -1, 0
        found: list[tuple[int, int, str]] = []
        for kind, string, (start, column), (end, _), _ in tokenize.generate_tokens(lambda: next(lines, "")):
            name = tokenize.tok_name[kind]
            depth += name.endswith("STRING_START") - name.endswith("STRING_END")
            if kind == tokenize.COMMENT:
                found.append((start, column, string))
                self.inside_strings += depth > 0
            elif kind == tokenize.NEWLINE:
                self.code.append((kind, ""))
            elif kind not in (tokenize.NL, tokenize.ENDMARKER):
                self.code.append((kind, string))
            if kind in (tokenize.ENDMARKER, tokenize.DEDENT):
                continue
            first = min(first, start) if first else start
            last = max(last, end)
            if kind in (tokenize.NL, tokenize.NEWLINE):
                self.statements.append(_Statement(first, last, tuple(self._lines[first - 1 : last]), tuple(found)))
                first, last, found = 0, -1, []

    def at(self, line: int) -> _Statement | None:
        return self._by_line.get(line)


# --- deployment files -------------------------------------------------------------------------------------------------


class DeploymentSuppressions:
    """Which findings in a deployment file `# noqa` silences.

    The comment stands at the end of the line, or in the comments directly above. A value of YAML that takes several
    lines, or a line that a backslash continues, has them where it begins, too.
    """

    def __init__(self, text: str, *, yaml: bool) -> None:
        self._text = text.removeprefix("\ufeff")
        self._yaml = yaml
        self.lines = self._text.split("\n")

    def suppressed(self, line: int, code: str) -> bool:
        if "noqa" not in self._text.lower():
            return False
        if self._whole_file:
            return True
        return any(_silences(self.lines[number - 1], code) for number in self.places(line))

    def places(self, line: int) -> Iterator[int]:
        """The lines in which a comment counts for a line."""
        if not 0 < line <= len(self.lines):
            return
        yield line
        first = self.first(line)
        if first != line:
            yield first
        for start in dict.fromkeys((line, first)):
            number = start - 1
            while number and self.lines[number - 1].lstrip().startswith(("#", ";")):
                yield number
                number -= 1

    def first(self, line: int) -> int:
        """The line in which what takes up a line begins."""
        line = self._scalars.get(line, line)
        while line > 1 and self.lines[line - 2].rstrip("\r").endswith("\\"):
            line -= 1
        return line

    @cached_property
    def _whole_file(self) -> bool:
        from flake8.defaults import NOQA_FILE

        return any(NOQA_FILE.match(line) for line in self.lines)

    @cached_property
    def _scalars(self) -> dict[int, int]:
        """Of lines in values of YAML that take several, the first."""
        if not self._yaml:
            return {}
        from .deploy.documents import scalar_lines

        return {n: first for first, last in scalar_lines(self._text) for n in range(first, last + 1)}


def _silences(line: str, code: str) -> bool:
    """Whether the line holds a `# noqa` for the code, or for all."""
    match = _NOQA.search(line)
    if match is None:
        return False
    if not match["codes"]:
        return True
    codes = tuple(part for part in _SEPARATOR.split(match["codes"]) if part)
    return code.startswith(codes)


def annotate_deployment(
    path: str, text: str, found: Sequence[tuple[int, str]], reason: str = ""
) -> tuple[str, list[tuple[int, str, str]]]:
    """`annotate` for a deployment file: a comment on a line of its own above each finding, or one more code in the
    comment that is there. `path` is relative to the project."""
    from .kinds import is_yaml

    yaml = is_yaml(path)
    groups: dict[int, list[tuple[int, str]]] = {}
    left = []
    first = DeploymentSuppressions(text, yaml=yaml)
    for line, code in found:
        if 0 < line <= len(first.lines):
            groups.setdefault(first.first(line), []).append((line, code))
        else:
            left.append((line, code, CANNOT))
    for top in sorted(groups, reverse=True):
        changed, shift = _with_comment(text, top, yaml=yaml, codes=[c for _, c in groups[top]], reason=reason)
        suppressions = DeploymentSuppressions(changed, yaml=yaml)
        silent = all(suppressions.suppressed(line + shift, code) for line, code in groups[top])
        if silent and _meaning(path, changed) == _meaning(path, text):
            text = changed
        else:
            left += [(line, code, CANNOT) for line, code in groups[top]]
    return text, sorted(left)


def _with_comment(text: str, top: int, *, yaml: bool, codes: Sequence[str], reason: str) -> tuple[str, int]:
    """The text with a comment for what begins at the line `top`, and how many lines that has moved down."""
    suppressions = DeploymentSuppressions(text, yaml=yaml)
    lines = text.split("\n")
    wanted = sorted(dict.fromkeys(codes))
    behind = f"  # {reason}" if reason else ""
    for number in suppressions.places(top):
        match = _NOQA.search(lines[number - 1])
        if match is not None and match["codes"]:
            line = lines[number - 1]
            end = match.start("codes") + len(match["codes"].rstrip(", \t\r"))
            rest = line[end:].rstrip("\r")
            more = "".join(f", {code}" for code in wanted)
            lines[number - 1] = line[:end] + more + rest.rstrip() + behind + line[end + len(rest) :]
            return "\n".join(lines), 0
    line = lines[top - 1]
    indent = "" if line.startswith("\t") else line[: len(line) - len(line.lstrip())]
    bom = "\ufeff" if top == 1 and line.startswith("\ufeff") else ""
    lines[top - 1] = line.removeprefix(bom)
    ending = "\r" if line.endswith("\r") else ""
    lines.insert(top - 1, f"{bom}{indent.removeprefix(bom)}# noqa: {', '.join(wanted)}{behind}{ending}")
    return "\n".join(lines), 1


def _meaning(path: str, text: str) -> list[object]:
    """What a deployment file says, without the places where it says so."""
    from .deploy import read_deployment

    said = read_deployment(path, text)
    parts: list[object] = [(c.argv, c.app, c.program, c.options, c.replicas, c.environment) for c in said.commands]
    parts += [(m.kind, m.word) for m in said.mentions]
    parts += [(v.name, v.value, v.service) for v in said.variables]
    return [*parts, len(said.problems)]

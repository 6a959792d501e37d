"""From bytes to text to a syntax tree, and what can be told without one: the prefilter and `# noqa`."""

from __future__ import annotations

import ast
import contextlib
import re
import sys
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from .frozen import dataclass
from .garbage import uncollected

if TYPE_CHECKING:
    from pathlib import Path

    import libcst


class SourceError(Exception):
    """A file that cannot be read or parsed; the project does without it."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(path, line, message)
        self.path = path
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file. `text` has the file's own line ends and no BOM; `newline` is the first line end in it."""

    path: str
    data: bytes
    text: str
    bom: bool
    newline: str
    encoding: str


def read(path: Path | str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise SourceError(str(path), 1, f"cannot read: {reason or error}") from error


# --- bytes to text ----------------------------------------------------------------------------------------------------

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NEWLINE = re.compile("\r\n|\r|\n")


def _line_at(data: bytes, offset: int) -> int:
    """The line that the byte at `offset` stands in."""
    head = data[:offset]
    return 1 + head.count(b"\n") + head.count(b"\r") - head.count(b"\r\n")


def decode(path: str, data: bytes) -> Source:
    """The text of a Python file, in the encoding that Python reads it in. Raises SourceError, never anything else."""
    nul = data.find(b"\0")
    if nul >= 0:
        raise SourceError(path, _line_at(data, nul), "NUL bytes")
    # Lines also end at a lone CR, as in Python's own tokenizer; `BytesIO.readline` would see one line.
    lines = (match[0] for match in islice(_LINE.finditer(data), 2))
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
    except SyntaxError as error:
        raise SourceError(path, 1, f"cannot decode: {error.msg}") from error
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        skipped = len(_BOM) if encoding == "utf-8-sig" else 0
        line = _line_at(data, error.start + skipped)
        raise SourceError(path, line, f"cannot decode: {error.encoding}: {error.reason}") from error
    except Exception as error:  # codecs are plug-ins: "hex" raises binascii.Error, "undefined" UnicodeError
        raise SourceError(path, 1, f"cannot decode: {error}") from error
    found = _NEWLINE.search(text)
    bom = data.startswith(_BOM)
    return Source(path, data, text, bom, found[0] if found else "\n", "utf-8" if bom else encoding)


def lines_of(text: str) -> list[str]:
    """The lines of a Python text, without their ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


# --- text to tree -----------------------------------------------------------------------------------------------------

DEEPEST = 1000
"""The native parser overflows the stack, which ends the process, somewhere beyond 3,000 levels."""


def parse(source: Source, *, flat: bool = False) -> libcst.Module:
    """The syntax tree of `source.text`, which is known to be `flat` where it is part of one that cannot be deep. Raises
    SourceError, never anything else."""
    import libcst

    if not flat and may_be_deep(source.data):
        _refuse_deep(source)
    try:
        with uncollected():
            return libcst.parse_module(source.text)
    except libcst.ParserSyntaxError as error:
        raise SourceError(source.path, max(error.raw_line, 1), "syntax error") from error
    except (RecursionError, MemoryError) as error:
        raise SourceError(source.path, 1, "nested too deeply") from error
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the native parser is no Exception
        raise SourceError(source.path, 1, f"cannot parse: {type(error).__name__}") from error


_NESTING = (b"elif", b"else", b"lambda", b" and", b" or", b"not ", b"+", b"**")
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_UNARY = re.compile(rb"(?:[-+~]\s*){200}")
_LONGEST_LINE = 10_000


def may_be_deep(data: bytes) -> bool:
    """Whether a file could be nested more than `DEEPEST` levels deep. Costs next to nothing."""
    size = len(data)
    if size > DEEPEST and any(data.count(word) > DEEPEST for word in _NESTING):
        return True
    if size > _LONGEST_LINE and max(map(len, data.split(b"\n"))) > _LONGEST_LINE:
        return True
    if data.count(b"-") + data.count(b"~") > 200 and _UNARY.search(data) is not None:
        return True
    brackets = data.translate(None, _NO_BRACKETS)
    for _ in range(100):
        if len(brackets) <= 200:
            return False
        inner = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if inner == brackets:
            break
        brackets = inner
    return len(brackets) > 200


def _refuse_deep(source: Source) -> None:
    """Raise SourceError for what Python itself finds nested too deeply, and for trees of more than `DEEPEST` levels."""
    limit = sys.getrecursionlimit()
    try:
        with contextlib.suppress(RecursionError):  # where the stack is deeper than that already
            sys.setrecursionlimit(min(limit, DEEPEST))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
    except SyntaxError as error:
        raise SourceError(source.path, max(error.lineno or 1, 1), "syntax error") from error
    except (RecursionError, MemoryError) as error:
        raise SourceError(source.path, 1, "nested too deeply") from error
    except ValueError as error:
        raise SourceError(source.path, 1, f"cannot parse: {error}") from error
    finally:
        sys.setrecursionlimit(limit)
    pending: list[tuple[ast.AST, int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, ast.BoolOp):  # flat in Python's tree, nested in ours
            depth += len(node.values)
        if depth > DEEPEST:
            line = getattr(node, "lineno", 1)
            raise SourceError(source.path, line, "nested too deeply")
        pending += [(child, depth + 1) for child in ast.iter_child_nodes(node)]


# --- the prefilter ----------------------------------------------------------------------------------------------------

_NEEDLES = (
    b"task",
    b"elery",
    b"delay",
    b"Task",
    b"TASK",
    b"CELERY",
    b"apply_async",
    b"crontab",
    b"kombu",
    b".s(",
    b".si(",
    b"beat_schedule",
    b"redbeat",
    b".conf.",
)
"""Looked for one after the other, which is several times faster than one regular expression. Most files end here."""

_WORDS = (
    b"elery",
    b"CELERY",
    b"shared_task",
    b"crontab",
    b"periodic_task",
    b"register_task",
    b"beat_schedule",
    b"BackgroundTask",
    b"kombu",
    b"redbeat",
    b".s(",
    b".si(",
)
_SHAPES = (
    # Each begins with what is the same wherever it matches, as far as that can be: such text is looked for much faster.
    re.compile(rb"""@(?:[^\n"'#]|"[^"\n]*"|'[^'\n]*')*?[tT][aA][sS][kK]\b"""),
    # Not within a string: the tests of a project patch "proj.tasks.pay.delay" in many more files than they call it in.
    re.compile(rb"""\.[\s\\]*delay(?:_on_commit)?\b(?!["'])"""),
    re.compile(rb"""apply_async(?:(?!["'])|(?<!\.apply_async))"""),
    re.compile(rb"""send_task(?:(?!["'])|(?<!\.send_task))"""),
    re.compile(
        rb"\.conf\.(?:update|(?:task|worker|beat|broker|result|accept|enable|event|imports|include|timezone)\w*)\b"
    ),
    re.compile(rb"class\s[^\n\"'#:]*\([^\n\"'#]*Task\b"),
)
_IMPORTS = re.compile(
    rb"\b(?:from[ \t]+(?:[\w.]*\btasks\b[\w.]*[ \t]+import\b|[\w.]+[ \t]+import[ \t]+[^\n#]*\btasks\b)"
    rb"|import[ \t]+[\w.]+\.tasks\b)"
)
"""What imports tasks may call them without another word of Celery."""


def concerns_celery(data: bytes) -> bool:
    """Whether a file can concern Celery, as far as its own text tells. Comments on lines of their own do not count."""
    return next(_concerning(data), None) is not None


def concerning_lines(data: bytes) -> list[int]:
    """The lines because of which a file can concern Celery, in order."""
    offsets = sorted(set(_concerning(data)))
    if not offsets:
        return []
    if b"\r" in data:
        starts = [match.end() for match in re.finditer(rb"\r\n?|\n", data)]
        return [bisect_right(starts, offset) + 1 for offset in offsets]
    line, before = 1, 0
    lines = []
    for offset in offsets:
        line += data.count(b"\n", before, offset)
        lines.append(line)
        before = offset
    return lines


def _concerning(data: bytes) -> Iterator[int]:
    for needle in _NEEDLES:
        if needle in data:
            break
    else:
        return
    if b"\r" in data:
        data = data.replace(b"\r", b"\n")
    for offset in _concerns(data):
        if not _in_comment(data, offset):
            yield offset


_TRANSACTIONS = tuple(
    (needle, re.compile(pattern))
    for needle, pattern in (
        (b"atomic", rb"atomic\b(?<=\batomic)"),
        (b"ATOMIC_REQUESTS", rb"ATOMIC_REQUESTS\b(?<=\bATOMIC_REQUESTS)"),
        (b".begin", rb"\.begin(?:_nested)?\("),
        (b"_save", rb"_save\b(?:(?<=\bpre_save)|(?<=\bpost_save))"),
        (b"_delete", rb"_delete\b(?:(?<=\bpre_delete)|(?<=\bpost_delete))"),
        (b"m2m_changed", rb"m2m_changed\b(?<=\bm2m_changed)"),
        (b"pyramid_tm", rb"pyramid_tm\b(?<=\bpyramid_tm)"),
        (b"view_config", rb"view_config\b(?<=\bview_config)"),
        (b"cornice", rb"cornice\b(?<=\bcornice)"),
    )
)
"""Each pattern begins with literal text, which is looked for much faster than what begins a word."""


def concerns_transactions(data: bytes) -> bool:
    """Whether a file can open database transactions or connect the signals that are sent in them."""
    for needle, pattern in _TRANSACTIONS:  # noqa: SIM110  a generator takes twice as long
        if needle in data and pattern.search(data) is not None:
            return True
    return False


def _concerns(data: bytes) -> Iterator[int]:
    for word in _WORDS:
        offset = data.find(word)
        while offset >= 0:
            yield offset
            offset = data.find(word, offset + 1)
    for shape in _SHAPES:
        for match in shape.finditer(data):
            yield match.start()
    if b"tasks" in data:
        for match in _IMPORTS.finditer(data):
            yield match.start()


_SETTINGS = re.compile(
    rb"^(?:\xef\xbb\xbf)?(?:task|worker|beat|broker|result)_\w+[ \t]*[:=]"
    rb"|^[ \t]*(?:broker_url|BROKER_\w+|result_backend)[ \t]*[:=]"
    rb"|^[ \t]+(?:task_(?:always_eager|\w*time_lim\w*|acks_\w+|serializer)|worker_\w+)[ \t]*[:=]",
    re.MULTILINE,
)
_SETTING_NEEDLES = (b"task_", b"worker_", b"beat_", b"broker_", b"BROKER_", b"result_")


def names_settings(data: bytes) -> bool:
    """Whether a file may be a configuration that names Celery's settings, but not Celery."""
    return any(needle in data for needle in _SETTING_NEEDLES) and _SETTINGS.search(data) is not None


def _in_comment(data: bytes, offset: int) -> bool:
    return data[data.rfind(b"\n", 0, offset) + 1 : offset].lstrip().startswith(b"#")


# --- noqa -------------------------------------------------------------------------------------------------------------


class Suppressions:
    """Which findings of a file flake8 would drop because of `# noqa` and `# flake8: noqa`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def suppressed(self, line: int, code: str) -> bool:
        if not self._may_suppress:
            return False
        if self._whole_file:
            return True
        subject = self._subject(line)
        if "noqa" not in subject.lower():
            return False
        from flake8.violation import Violation

        return bool(Violation(code, "", line, 0, "", subject).is_inline_ignored(False))

    def _subject(self, line: int) -> str:
        """The text in which flake8 looks for what silences a line."""
        own = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        if self._joins is not None:
            first, last = self._joins.get(line, (line, line))
            if first == last or not any("noqa" in each.lower() for each in self._lines[first - 1 : last]):
                return own
        # flake8 falls back to the physical line where it has no logical one, as in a file that cannot be tokenized.
        return self._logical_lines.get(line, own)

    def lines_of(self, line: int) -> tuple[int, int, list[str]] | None:
        """The lines in which a `# noqa` counts for a line: the first, the last, and their text. None where the text
        cannot be split into tokens, or has no such line."""
        try:
            for first, last in self._ranges():
                if first <= line <= last:
                    return first, last, self._lines[first - 1 : last]
        except (tokenize.TokenError, SyntaxError):
            pass
        return None

    @cached_property
    def _may_suppress(self) -> bool:
        return "noqa" in self._text.lower()

    @cached_property
    def _lines(self) -> list[str]:
        text = self._text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        return _split(text)

    @cached_property
    def _whole_file(self) -> bool:
        if "flake8" not in self._text.lower():
            return False
        from flake8.defaults import NOQA_FILE

        return any(NOQA_FILE.match(line) for line in self._lines)

    @cached_property
    def _joins(self) -> dict[int, tuple[int, int]] | None:
        """The first and the last of the lines that a string or a backslash joins, by each of them, if the text can be
        tokenized; None where that takes more than a look at its quotes."""
        text = "".join(self._lines)
        found: dict[int, tuple[int, int]] = {}
        line, position = 1, 0
        for match in _QUOTED.finditer(text):
            piece, start = match[0], match.start()
            if piece in _QUOTES or (_FORMAT.match(text, start - 2, start) and piece.count("{") != piece.count("}")):
                return None  # a string without an end, or one within an f-string
            if "\n" in piece:
                line += text.count("\n", position, start)
                last = line + piece.count("\n")
                first, _ = found.get(line, (line, line))
                found.update(dict.fromkeys(range(first, last + 1), (first, last)))
                line, position = last, match.end()
        return found

    @cached_property
    def _logical_lines(self) -> dict[int, str]:
        """The text in which flake8 looks for `# noqa`, by line: lines joined by a backslash or within a string are one,
        those within brackets are not."""
        found: dict[int, str] = {}
        try:
            for first, last in self._ranges():
                joined = "".join(self._lines[first - 1 : last])
                found.update(dict.fromkeys(range(first, last + 1), joined))
        except (tokenize.TokenError, SyntaxError):
            return {}
        return found

    def _ranges(self) -> Iterator[tuple[int, int]]:
        """The lines of each line for flake8, statement by statement: most are those of the text before an edit."""
        lines = self._lines
        begin, size = 0, len(lines)
        while begin < size:
            end, more, found = begin, 1, None
            while found is None:
                for _ in range(more):
                    end += 1
                    while end < size and _TOP.match(lines[end]) is None:
                        end += 1
                end, more = min(end, size), more * 2
                try:
                    found = _joined("".join(lines[begin:end]))
                except (tokenize.TokenError, SyntaxError):
                    # the line that seemed to begin a statement is within a string or brackets
                    if end == size:
                        raise
            for first, last in found:
                yield first + begin, last + begin
            begin = end


_QUOTED = re.compile(
    r"""\#[^\n]*
    | \"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*\"{3} | \'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*\'{3}
    | "[^"\\\n]*(?:\\.[^"\\\n]*)*" | '[^'\\\n]*(?:\\.[^'\\\n]*)*'
    | \\\n | ["']""",
    re.VERBOSE | re.DOTALL,
)
"""Comments, strings, lines that go on, and quotes that begin a string without an end."""
_QUOTES = ("'", '"')
_FORMAT = re.compile(r".?[fFtT]\Z|[fFtT][rR]\Z", re.DOTALL)


def _split(text: str) -> list[str]:
    """The lines of a text with their ends."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


_TOP = re.compile(r"[^\s#)\]}]")
"""How a line begins that a statement at the top of a file may begin in."""


@lru_cache(maxsize=256)
def _joined(text: str) -> tuple[tuple[int, int], ...]:
    """The first and the last of the lines that Python reads as one; lines within brackets are not joined. Raises
    TokenError or SyntaxError, also where the text ends within a string or brackets."""
    lines = iter(_split(text))
    found = []
    first, last = 0, -1
    for kind, _, (start, _), (end, _), _ in tokenize.generate_tokens(lambda: next(lines)):
        if kind in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first = min(first, start) if first else start
        last = max(last, end)
        if kind in (tokenize.NL, tokenize.NEWLINE):
            found.append((first, last))
            first, last = 0, -1
    return tuple(found)

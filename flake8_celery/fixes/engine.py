"""Rounds of repairs: what is taken, made, checked, and taken back where it does harm."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..source import SourceError, decode, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..diagnostics import Diagnostic
    from ..model import Edit
    from . import Fix

    Texts = Mapping[str, bytes]
    Round = tuple[Sequence[Diagnostic], Mapping[Diagnostic, Fix]]
    Look = Callable[[Texts], Round]

ROUNDS = 10

_NEWLINE = re.compile(r"\r\n?|\n")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Failure:
    """A repair that was not made, and why."""

    diagnostic: Diagnostic
    reason: str


@dataclass(slots=True)
class Outcome:
    """What repairs have made of a file: `texts` are the files that were changed, by path in the project; `fixed` what
    was repaired, `left` what is still found."""

    texts: dict[str, bytes] = field(default_factory=dict)
    fixed: list[tuple[Diagnostic, Fix]] = field(default_factory=list)
    left: Sequence[Diagnostic] = ()
    failures: list[Failure] = field(default_factory=list)


def repair(path: str, read: Callable[[str], bytes], look: Look, unsafe: bool) -> Outcome:
    """Repair what is found in the file at `path`, round by round, until nothing is left that can be.

    `read` gives the bytes of a file of the project, `look` what is found in this file, and the repairs, when some files
    have other texts. A repair is taken back, and not tried again, when a text cannot be read or compiled afterwards,
    when its finding stays, or when there is one more of any rule. Raises SourceError where the file cannot be
    read to begin with.
    """
    outcome = Outcome()
    _refuse_unfaithful(path, read(path))
    refused: set[tuple[str, str]] = set()
    found, fixes = look({})
    for _ in range(ROUNDS):
        wanted = [
            (diagnostic, fixes[diagnostic])
            for diagnostic in found
            if diagnostic in fixes
            and (unsafe or fixes[diagnostic].safety == "safe")
            and _key(diagnostic) not in refused
        ]
        taken = choose(path, wanted)
        if not taken:
            break
        after = _made(path, read, outcome.texts, taken, found, look)
        if isinstance(after, str):
            taken, failures = _one_by_one(path, read, outcome.texts, taken, found, look)
            outcome.failures += failures
            refused |= {_key(failure.diagnostic) for failure in failures}
            if not taken:
                continue
            after = _made(path, read, outcome.texts, taken, found, look)
            if isinstance(after, str):
                break
        outcome.texts, found, fixes = after
        outcome.fixed += taken
    outcome.left = found
    return outcome


def _refuse_unfaithful(path: str, data: bytes) -> None:
    source = decode(path, data)
    if not path.endswith(".py"):
        return
    if parse(source).code != source.text:
        raise SourceError(path, 1, "would not be the same after it is read and written")


def _key(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.code, diagnostic.message


def choose(path: str, wanted: Iterable[tuple[Diagnostic, Fix]]) -> list[tuple[Diagnostic, Fix]]:
    """Those repairs of findings in the file at `path` that can be made together, the first ones first: their edits
    neither overlap nor touch. The same edit, such as an import that several need, is made once."""
    taken: list[tuple[Diagnostic, Fix]] = []
    edits: set[tuple[str, Edit]] = set()
    for diagnostic, fix in wanted:
        where = fix.path or path
        new = [(where, edit) for edit in fix.edits if (where, edit) not in edits]
        if all(place != where or _apart(edit, other) for _, edit in new for place, other in edits):
            taken.append((diagnostic, fix))
            edits.update(new)
    return taken


def _apart(edit: Edit, other: Edit) -> bool:
    a, b = edit.span, other.span
    return (a.end_line, a.end_column) < (b.line, b.column) or (b.end_line, b.end_column) < (a.line, a.column)


def _one_by_one(
    path: str,
    read: Callable[[str], bytes],
    texts: Texts,
    taken: Sequence[tuple[Diagnostic, Fix]],
    before: Sequence[Diagnostic],
    look: Look,
) -> tuple[list[tuple[Diagnostic, Fix]], list[Failure]]:
    """Which of some repairs can be made together after all, and why the others cannot."""
    kept: list[tuple[Diagnostic, Fix]] = []
    failures = []
    for single in taken:
        after = _made(path, read, texts, [*kept, single], before, look)
        if isinstance(after, str):
            failures.append(Failure(single[0], after))
        else:
            kept.append(single)
    return kept, failures


def _made(
    path: str,
    read: Callable[[str], bytes],
    texts: Texts,
    taken: Sequence[tuple[Diagnostic, Fix]],
    before: Sequence[Diagnostic],
    look: Look,
) -> tuple[dict[str, bytes], Sequence[Diagnostic], Mapping[Diagnostic, Fix]] | str:
    """The texts after these repairs with what is found in them; or why they cannot stay so."""
    after = dict(texts)
    try:
        for place in sorted({fix.path or path for _, fix in taken}):
            data = texts[place] if place in texts else read(place)
            edits = [edit for _, fix in taken if (fix.path or path) == place for edit in fix.edits]
            after[place] = apply(place, data, edits)
            _refuse_unfaithful(place, after[place])
            complaint = compiles(place, after[place])
            if complaint is not None and compiles(place, data) is None:
                return f"the file could not be compiled any more: {complaint}"
        found, fixes = look(after)
    except SourceError as error:
        return f"the file could not be read any more: {error}"
    old, new = Counter(d.code for d in before), Counter(d.code for d in found)
    repaired = Counter(diagnostic.code for diagnostic, _ in taken)
    for code in new:
        if new[code] > old[code]:
            more = next(d for d in found if d.code == code)
            return f"it would bring {code} in line {more.span.line}: {more.message}"
        if new[code] > old[code] - repaired[code]:
            return f"{code} would still be found"
    return after, found, fixes


def apply(path: str, data: bytes, edits: Iterable[Edit]) -> bytes:
    """The text after some edits, in its own encoding; what is put at one place stands there in the given order.

    Raises SourceError where edits overlap, or the encoding lacks a character.
    """
    source = decode(path, data)
    text = source.text
    starts = [0, *(match.end() for match in _NEWLINE.finditer(text)), len(text)]
    untouched = len(text)
    for edit in reversed(sorted(dict.fromkeys(edits), key=_order)):  # noqa: C413  # keeps the order at one place
        start = starts[edit.span.line - 1] + edit.span.column
        end = starts[edit.span.end_line - 1] + edit.span.end_column
        if end > untouched:
            raise SourceError(path, edit.span.line, "two edits of one repair overlap")
        text = text[:start] + edit.text + text[end:]
        untouched = start
    try:
        encoded = text.encode(source.encoding)
    except UnicodeEncodeError as error:
        raise SourceError(path, 1, f"cannot encode: {error.encoding}: {error.reason}") from error
    return (_BOM if source.bom else b"") + encoded


def _order(edit: Edit) -> tuple[int, int, int, int]:
    return edit.span.line, edit.span.column, edit.span.end_line, edit.span.end_column


def compiles(path: str, data: bytes) -> str | None:
    """What Python, or YAML, says against a text; None where there is nothing to say."""
    if path.endswith((".yml", ".yaml")):
        return _loads(data)
    if not path.endswith(".py"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return None


def _loads(data: bytes) -> str | None:
    import yaml

    try:
        for _ in yaml.compose_all(data, yaml.SafeLoader):
            pass
    except (yaml.YAMLError, RecursionError) as error:
        return str(error)
    return None

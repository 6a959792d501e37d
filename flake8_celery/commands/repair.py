"""`flake8-celery check --fix` and `--diff`: repair files, or show how they would be repaired."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..diagnostics import Problem
from ..fixes.engine import repair
from ..fixes.writing import write
from ..report.summary import number
from ..rule import load
from ..source import SourceError, decode, read
from .check import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..diagnostics import Diagnostic
    from ..fixes import Fix
    from ..fixes.engine import Failure
    from ..live import LiveLinter


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(slots=True)
class Repairs:
    """What was repaired in some files: `texts` are those that change, before and after; `fixed` names the file that a
    repair changes, `failures` that of the finding."""

    texts: dict[Path, tuple[bytes, bytes]] = field(default_factory=dict)
    fixed: list[tuple[Path, Diagnostic, Fix]] = field(default_factory=list)
    failures: list[tuple[Path, Failure]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def drop(self, path: Path) -> None:
        """Take it all back that stands and falls with a file."""
        del self.texts[path]
        self.fixed = [entry for entry in self.fixed if entry[0] != path]


def repairs(
    linter: LiveLinter,
    files: Sequence[Path],
    stdin: Mapping[Path, bytes],
    unsafe: bool,
    advance: Callable[[], None] = lambda: None,
) -> Repairs:
    """The repairs of what is found in these files, one file after the other; nothing is written.

    Each is looked at with what was done to the files before it. `stdin` is used instead of what is on disk; `advance`
    is called after each file.
    """
    made = Repairs()
    original = {_whole(path): data for path, data in stdin.items()}
    held = dict(original)

    def text(path: Path) -> bytes:
        if path not in original:
            original[path] = read(path)
        return held.get(path, original[path])

    for count, file in enumerate(map(_whole, files)):
        if count:
            advance()
        root = linter.root(file)

        def place(path: str, file: Path = file, root: Path = root) -> Path:
            return file if path == str(file) else root / path

        def look(texts: Mapping[str, bytes], file: Path = file) -> tuple[list[Diagnostic], dict[Diagnostic, Fix]]:
            now = {**held, **{place(path): data for path, data in texts.items()}}
            tried = {path: now.get(path, data) for path, data in original.items()}
            for path, data in tried.items():
                linter.change(path, data)
            return linter.repairs(file, tried)

        try:
            outcome = repair(str(file), lambda path: text(place(path)), look, unsafe)
        except SourceError as error:
            made.problems.append(Problem(display(file), error.line, error.message))
            continue
        for path, data in outcome.texts.items():
            held[place(path)] = data
            made.texts[place(path)] = (original[place(path)], data)
        made.fixed += [(place(fix.path or str(file)), diagnostic, fix) for diagnostic, fix in outcome.fixed]
        made.failures += [(file, failure) for failure in outcome.failures]
    return made


def _whole(path: Path) -> Path:
    """The one way to write the path of a file, however it was named."""
    return Path(os.path.realpath(path.parent)) / path.name


def write_all(made: Repairs) -> None:
    """Write the repaired files; one that cannot be written is told in `problems`, and the others are written."""
    for path, (before, after) in list(made.texts.items()):
        if before != after:
            problem = _write(path, before, after)
            if problem is not None:
                made.problems.append(problem)
                made.drop(path)


def _write(path: Path, before: bytes, after: bytes) -> Problem | None:
    try:
        write(path, before, after)
    except SourceError as error:
        return Problem(display(path), error.line, error.message)
    return None


def with_fixers(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """The paths of the files with findings of which rules know a repair, in order."""
    known = {code for code in {d.code for d in diagnostics} if load(code).fix != "none"}
    return list(dict.fromkeys(d.path for d in diagnostics if d.code in known))


def diff(made: Repairs) -> Iterator[str]:
    """How the files would change, as a patch, line by line without line ends."""
    for path, (before, after) in sorted(made.texts.items()):
        if before == after:
            continue
        name = display(path)
        old, new = (_lines(decode(name, data).text) for data in (before, after))
        for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm=""):
            yield line.removesuffix("\n")
            if not line.endswith("\n") and not line.startswith(("---", "+++", "@@")):
                yield "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    """The lines with their ends; other than for `str.splitlines`, a line ends at a line feed only, as in a patch."""
    return _LINE.findall(text)


def tell(made: Repairs, done: bool) -> Iterator[str]:
    """What was repaired, or could be, by rule; and what was tried in vain."""
    if made.fixed:
        by_code = Counter(diagnostic.code for _, diagnostic, _ in made.fixed)
        rules = ", ".join(f"{code} ({count})" if count > 1 else code for code, count in sorted(by_code.items()))
        where = number(len({path for path, _, _ in made.fixed}), "file")
        word = "Repaired" if done else "Would repair"
        yield f"{word} {number(len(made.fixed), 'finding')} in {where}: {rules}"
    for path, failure in made.failures:
        found = failure.diagnostic
        yield f"{display(path)}:{found.span.line}: the repair of {found.code} was not made: {failure.reason}"


def print_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"{problem.path}:{problem.line}: {problem.message}", file=sys.stderr)

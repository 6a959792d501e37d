"""`flake8-celery check --write-baseline` and `--add-noqa`: live with what is found for now."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..baseline import Baseline, Known, render
from ..config import ConfigError
from ..diagnostics import Problem
from ..report.summary import number
from ..source import Source, SourceError, decode, read
from .check import is_deployment

if TYPE_CHECKING:
    import argparse

    from .check import Run


def validate(options: argparse.Namespace) -> None:
    """Raise ConfigError for what does not go together, or makes no sense."""
    asked = [name for name in ("write_baseline", "add_noqa") if getattr(options, name) is not None]
    asked += [name for name in ("fix", "diff", "statistics") if getattr(options, name)]
    if {"write_baseline", "add_noqa"} & set(asked):
        first, *others = (f"--{name.replace('_', '-')}" for name in asked)
        if others:
            raise ConfigError(f"{first} does not go with {others[0]}")
        if options.paths == ["-"]:
            raise ConfigError(f"{first} needs files: it does not go with standard input")
    for name in ("baseline", "write_baseline"):
        path = getattr(options, name)
        if path and os.path.isdir(path):
            raise ConfigError(f"--{name.replace('_', '-')}: {path} is a folder; name the folders before this option")
        if path and path.endswith(".py"):
            raise ConfigError(f"--{name.replace('_', '-')}: {path} is no baseline; name the files before this option")
    if options.baseline and options.write_baseline is None and not os.path.exists(options.baseline):
        raise ConfigError(f"--baseline: {options.baseline}: no such file; --write-baseline writes it")
    reason = options.add_noqa
    if reason:
        if not reason.isprintable():
            raise ConfigError("--add-noqa: the reason must be a single line")
        if os.path.exists(reason):
            raise ConfigError(f"--add-noqa: {reason} is a path, not a reason; name the paths before this option")


# --- the baseline -----------------------------------------------------------------------------------------------------


def write_baseline(run: Run) -> int:
    """Write the baselines of the projects that were looked at, and say what changes in them.

    What this run did not look for, because of its paths or its rules, stays listed. Raises ConfigError.
    """
    from ..files import replace

    _print(run.problems)
    recorded = run.linter.baselines
    for found in recorded:
        exists = found.path.exists()
        old = Baseline.load(found.path) if exists else Baseline(found.path, {})
        looked_for = _looked_for(run, found)
        counts = found.seen | Counter({known: count for known, count in old.counts.items() if not looked_for(known)})
        if not exists and not counts and len(recorded) > 1:
            continue
        try:
            if not exists or counts != old.counts:
                replace(found.path, render(counts).encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise ConfigError(f"{found.path}: cannot write the baseline: {error.strerror}") from error
        new, gone = (counts - Counter(old.counts)).total(), (Counter(old.counts) - counts).total()
        print(f"{os.path.relpath(found.path)}: {number(counts.total(), 'finding')} ({new} new, {gone} gone)")
    return 2 if run.crashed else 0


def outdated(run: Run) -> Iterator[str]:
    """A line for each baseline that lists what is no more."""
    for baseline in run.linter.baselines:
        gone = baseline.gone(_looked_for(run, baseline)).total()
        if gone:
            occurs = "occurs" if gone == 1 else "occur"
            yield (
                f"{os.path.relpath(baseline.path)}: {number(gone, 'finding')} in it no longer {occurs}; "
                "`flake8-celery check --write-baseline` takes that out"
            )


def _looked_for(run: Run, baseline: Baseline) -> Callable[[Known], bool]:
    """Whether the run would have found what is listed, if it were there."""
    checked = {os.path.realpath(path) for path in run.checked}
    failed = {os.path.realpath(problem.path) for problem in run.problems}
    folders = [os.path.realpath(path) for path in run.options.paths if os.path.isdir(path)]
    roots = {os.path.realpath(root): root for root in run.roots}

    def root_of(path: str) -> Path | None:
        return next((roots[f] for f in map(str, Path(path).parents) if f in roots), None)

    def looked_for(known: Known) -> bool:
        path = os.path.realpath(os.path.join(os.path.realpath(baseline.path.parent), known.path))
        root = root_of(path)
        if root is None or path in failed:
            return False
        if os.path.exists(path):
            if path not in checked and (not is_deployment(Path(path)) or os.path.realpath(root) in failed):
                return False
        elif not any(Path(path).is_relative_to(folder) for folder in folders):
            return False
        linter = run.linter
        return linter.selection(linter.config(root)).enabled(known.code)

    return looked_for


# --- noqa -------------------------------------------------------------------------------------------------------------


def add_noqa(run: Run, reason: str) -> int:
    """Add a comment for each finding, say how many there are and which cannot have one, and return the exit code."""
    added = files = 0
    left: list[Problem] = []
    failed: list[Problem] = []
    for path in dict.fromkeys(d.path for d in run.diagnostics):
        try:
            silenced, remain = _add_noqa(run, path, reason)
        except SourceError as error:
            failed.append(Problem(path, error.line, f"not written: {error.message}"))
            continue
        left += [Problem(path, line, f"no `# noqa` for {code}: {why}") for line, code, why in remain]
        added += silenced
        files += silenced > 0
    _print([*run.problems, *failed, *left])
    print(f"Added `# noqa` for {number(added, 'finding')} in {number(files, 'file')}")
    return 2 if failed or run.crashed else 1 if left else 0


def _add_noqa(run: Run, path: str, reason: str) -> tuple[int, list[tuple[int, str, str]]]:
    """How many findings in a file were silenced, and those that cannot be. Raises SourceError where the file cannot be
    written."""
    from ..files import replace
    from ..noqa import annotate, annotate_deployment

    file = Path(path)
    data = read(file)
    if is_deployment(file):
        found = [(d.span.line, d.code) for d in run.diagnostics if d.path == path]
        source = Source(path, data, _utf8(path, data), False, "\n", "utf-8")
        root = os.path.realpath(run.linter.root(file))
        text, left = annotate_deployment(os.path.relpath(os.path.realpath(file), root), source.text, found, reason)
    else:
        found = [(d.span.line, d.code) for d in run.linter.lint_file(file, data)]
        source = decode(path, data)
        text, left = annotate(source.text, found, reason)
    if text != source.text:
        after = _encoded(text, source)
        try:
            if read(file) != data:
                raise SourceError(path, 1, "it was changed meanwhile; run the command again")
            replace(file, after)
        except OSError as error:
            raise SourceError(path, 1, error.strerror or str(error)) from error
    return len(found) - len(left), left


def _utf8(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(path, 1, f"cannot decode: {error.encoding}: {error.reason}") from error


def _encoded(text: str, source: Source) -> bytes:
    bom = b"\xef\xbb\xbf" if source.bom else b""
    if bom + source.text.encode(source.encoding, "replace") != source.data:
        raise SourceError(source.path, 1, "it would not be the same after it is read and written")
    try:
        return bom + text.encode(source.encoding)
    except UnicodeEncodeError as error:
        raise SourceError(source.path, 1, f"the reason cannot be written in {source.encoding}") from error


def _print(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"{problem.path}:{problem.line}: {problem.message}", file=sys.stderr)

"""`flake8-celery check`: lint files and report."""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config, ConfigError, check_codes, with_codes
from ..lint import Linter, Problem
from ..report.style import Style, wants_color
from ..rule import load
from ..source import SourceError, decode, read

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ..lint import Diagnostic

STDIN = "-"


def check(options: argparse.Namespace) -> int:
    _validate(options)
    run = Run(options)
    if options.show_settings:
        from .settings import settings

        print("\n".join(settings(run.linter, options.paths)))
        return 0
    run.lint()
    for problem in run.problems:
        print(f"{problem.path}:{problem.line}: {problem.message}", file=sys.stderr)
    report(run, options)
    if run.crashed:
        return 2
    return 1 if run.diagnostics and not options.exit_zero else 0


def _validate(options: argparse.Namespace) -> None:
    if STDIN in options.paths and len(options.paths) > 1:
        raise ConfigError("`-` stands alone: standard input is one file")
    if options.stdin_filename and STDIN not in options.paths:
        raise ConfigError("--stdin-filename goes with the path `-`")
    for path in options.paths:
        if path != STDIN and not os.path.exists(path):
            raise ConfigError(f"{path}: no such file or folder")
    for name in ("select", "extend_select", "ignore"):
        check_codes(getattr(options, name), f"--{name.replace('_', '-')}")
    if options.output_file and os.path.isdir(options.output_file):
        raise ConfigError(f"--output-file: {options.output_file} is a folder")


class Run:
    """One run over the files that the options name: `diagnostics` in the order of paths and lines."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.linter = Linter(use_cache=not options.no_cache, exclude=options.exclude, override=self._override)
        self.diagnostics: list[Diagnostic] = []
        self.problems: list[Problem] = []
        self.files = 0
        self.crashed = False
        self.stdin: bytes | None = None

    def _override(self, config: Config) -> Config:
        return with_codes(config, self.options.select, self.options.extend_select, self.options.ignore)

    def lint(self) -> None:
        if self.options.paths == [STDIN]:
            self.stdin = sys.stdin.buffer.read()
            name = self.options.stdin_filename
            self._lint_file(Path(name or "stdin.py"), self.stdin, display(name) if name else STDIN)
        else:
            self._lint_paths([Path(path) for path in self.options.paths])
        self.linter.finish()
        self.diagnostics.sort(key=lambda d: (d.path, d.span.line, d.span.column, d.code))
        self.problems.sort(key=lambda p: (p.path, p.line))

    def _lint_paths(self, paths: list[Path]) -> None:
        from .progress import Progress

        with Progress(sys.stderr) as progress:
            roots = dict.fromkeys(self.linter.root(path) for path in paths)
            files = {
                os.path.abspath(file): file for file in self.linter.python_files(paths) if not _is_deployment(file)
            }
            progress.total = len(files)
            for file in files.values():
                self._lint_file(file, None, display(file))
                roots.setdefault(self.linter.root(file))
                progress.advance()
            for root in roots:
                found, problems = self.linter.lint_deployment(root)
                self.diagnostics += [replace(d, path=display(d.path)) for d in found]
                self.problems += [replace(p, path=display(p.path)) for p in problems]

    def _lint_file(self, path: Path, data: bytes | None, shown: str) -> None:
        self.files += 1
        try:
            self.diagnostics += self.linter.lint_file(path, data, shown)
        except SourceError as error:
            self.problems.append(Problem(shown, error.line, error.message))
        except (ConfigError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001  # a mistake of ours in one file must not hide what others say
            self.crashed = True
            place = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
            self.problems.append(Problem(shown, 1, f"internal error, please report it: {what}"))

    def lines_of(self, path: str) -> list[str]:
        """The lines of a file with a finding, [] where it cannot be read any more."""
        try:
            data = self.stdin if self.stdin is not None else read(Path(path))
        except SourceError:
            return []
        try:
            text = decode(path, data).text
        except SourceError:
            text = data.decode("utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _is_deployment(file: Path) -> bool:
    """Whether a file that is named itself is read with the project's deployment files, as all of them are."""
    if file.suffix == ".py":
        return False
    from ..deploy import is_deployment_file

    return is_deployment_file(file.as_posix())


def display(path: str | Path) -> str:
    """The path as findings show it: relative where it lies below the current folder."""
    absolute = os.path.abspath(path)
    folder = os.getcwd()
    if absolute.startswith(os.path.join(folder, "")):
        return os.path.relpath(absolute, folder)
    return str(path)


def report(run: Run, options: argparse.Namespace) -> None:
    to_file = options.output_file is not None
    terminal = sys.stdout.isatty() and not to_file
    kind = options.output_format or ("full" if terminal else "concise")
    style = Style(
        color=not to_file and wants_color(sys.stdout, options.color),
        links=terminal and wants_color(sys.stdout, options.color),
        width=max(_columns(), 40) if terminal else None,
    )
    text = "".join(f"{line}\n" for line in _lines(run, kind, options, style))
    if to_file:
        write(options.output_file, text)
    else:
        sys.stdout.write(text)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _lines(run: Run, kind: str, options: argparse.Namespace, style: Style) -> Iterator[str]:
    if options.statistics:
        from ..report import statistics

        yield from statistics.render(run.diagnostics, style, as_json=kind == "json")
        return
    if kind == "json":
        from ..report import json

        yield from json.render(run.diagnostics)
        return
    if kind == "full":
        from ..report import full

        yield from full.render(run.diagnostics, style, run.lines_of)
    else:
        from ..report import concise

        yield from concise.render(run.diagnostics, style)
    yield summary(run.diagnostics, run.files)


def summary(diagnostics: Sequence[Diagnostic], files: int) -> str:
    """The last line: `Found 12 findings in 4 files (3 errors, 9 warnings)`."""
    if not diagnostics:
        return f"No findings in {_count(files, 'Python file')}"
    severities = Counter(load(found.code).severity for found in diagnostics)
    order = ("error", "warning", "advice")
    parts = [f"{severities[s]} advice" if s == "advice" else _count(severities[s], s) for s in order if severities[s]]
    where = _count(len({found.path for found in diagnostics}), "file")
    return f"Found {_count(len(diagnostics), 'finding')} in {where} ({', '.join(parts)})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def write(path: str, text: str) -> None:
    """Replace the file as a whole; what is no regular file (a device, a pipe) is written to."""
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            Path(target).write_text(text, encoding="utf-8", newline="\n")
            return
        draft = f"{target}.{os.getpid()}.tmp"
        try:
            with open(draft, "x", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
                file.write(text)
            os.replace(draft, target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"--output-file: {path}: {error.strerror}") from error

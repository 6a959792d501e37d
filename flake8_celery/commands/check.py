"""`flake8-celery check`: lint files and report."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..config import CODES, OTHERS, Config, ConfigError, check_codes, option, with_codes, with_given
from ..garbage import keep, settled
from ..lint import Linter, Problem
from ..report import COUNTABLE
from ..report.style import Style, wants_color
from ..report.summary import number
from ..source import SourceError, decode, read
from ..terminal import columns
from .progress import Progress

if TYPE_CHECKING:
    import argparse

    from ..diagnostics import Diagnostic
    from ..fixes import Fix
    from ..live import LiveLinter

STDIN = "-"


def check(options: argparse.Namespace) -> int:
    from . import legacy

    _validate(options)
    legacy.validate(options)
    run = Run(options)
    keep(run.linter)
    if options.show_settings:
        from .settings import settings

        print("\n".join(settings(run.linter, options)))
        return 0
    with settled():
        run.lint()
    if options.write_baseline is not None:
        return legacy.write_baseline(run)
    if options.add_noqa is not None:
        return legacy.add_noqa(run, options.add_noqa)
    if options.fix or options.diff:
        return _repair(run, options)
    return _conclude(run, options)


def _conclude(run: Run, options: argparse.Namespace, stream: TextIO | None = None) -> int:
    for problem in run.problems:
        print(f"{problem.path}:{problem.line}: {problem.message}", file=sys.stderr)
    if run.linter.baselines:
        from .legacy import outdated

        for line in outdated(run):
            print(line, file=sys.stderr)
    report(run, options, stream)
    if run.crashed:
        return 2
    return 1 if run.diagnostics and not options.exit_zero else 0


def _repair(run: Run, options: argparse.Namespace) -> int:
    """Repair what was found, or show how; then report what is left."""
    from . import repair

    files = [Path(path) for path in repair.with_fixers(run.diagnostics)]
    stdin = {}
    if run.stdin is not None:
        name = Path(options.stdin_filename or "stdin.py")
        files, stdin = ([name] if files else []), {name: run.stdin}
    with Progress(sys.stderr) as progress:
        progress.total = len(files)
        made = repair.repairs(run.live(), files, stdin, options.unsafe_fixes, progress.advance)
    if options.diff:
        sys.stdout.write("".join(f"{line}\n" for line in repair.diff(made)))
        repair.print_problems([*run.problems, *made.problems])
        for line in repair.tell(made, done=False):
            print(line, file=sys.stderr)
        changes = any(before != after for before, after in made.texts.values())
        return 2 if run.crashed or made.problems else 1 if changes and not options.exit_zero else 0
    if run.stdin is None:
        repair.write_all(made)
    repair.print_problems(made.problems)
    left = Run(options)
    left.lint(next((after for _, after in made.texts.values()), run.stdin))
    readable = options.output_format in (None, "full", "concise") and not options.output_file
    stream = sys.stdout if run.stdin is None else sys.stderr
    if run.stdin is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(left.stdin or b"")
    for line in repair.tell(made, done=True):
        print(line, file=stream if readable else sys.stderr)
    code = _conclude(left, options, stream)
    return 2 if made.problems else code


def _validate(options: argparse.Namespace) -> None:
    if STDIN in options.paths and len(options.paths) > 1:
        raise ConfigError("`-` stands alone: standard input is one file")
    if options.stdin_filename and STDIN not in options.paths:
        raise ConfigError("--stdin-filename goes with the path `-`")
    for path in options.paths:
        if path != STDIN and not os.path.exists(path):
            raise ConfigError(f"{path}: no such file or folder")
    for name in CODES:
        check_codes(getattr(options, name), option(name))
    if options.statistics and options.output_format not in (None, *COUNTABLE):
        raise ConfigError(f"--statistics goes with the output formats {', '.join(COUNTABLE)}")
    if options.diff and options.output_format is not None:
        raise ConfigError("--diff shows a patch, which has no other output format")
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise ConfigError("--unsafe-fixes goes with --fix or --diff")
    if options.output_file and os.path.isdir(options.output_file):
        raise ConfigError(f"--output-file: {options.output_file} is a folder")


class Run:
    """One run over the files that the options name: `diagnostics` in the order of paths and lines."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.progress = Progress(sys.stderr)
        self.linter = Linter(
            use_cache=not options.no_cache,
            exclude=options.exclude or (),
            override=self._override,
            record=options.write_baseline is not None,
            on_read=self.progress.read,
            jobs=options.jobs,
            late=True,
        )
        self.diagnostics: list[Diagnostic] = []
        self.problems: list[Problem] = []
        self.files = 0
        self.checked: list[str | Path] = []
        self.roots: list[Path] = []
        self._crashes: dict[str, list[str]] = {}
        self.stdin: bytes | None = None

    @property
    def crashed(self) -> int:
        """How many files could not be checked because of a mistake of ours."""
        return sum(len(files) for files in self._crashes.values())

    def _override(self, config: Config) -> Config:
        options = self.options
        config = with_codes(config, options.select, options.extend_select, options.ignore)
        given = {name: getattr(options, name) for name in OTHERS if name != "exclude"}
        given["baseline"] = baseline_given(options)
        return with_given(config, given, option)

    def live(self) -> LiveLinter:
        """A linter with the same options for texts that change."""
        from ..live import LiveLinter

        return LiveLinter(
            use_cache=not self.options.no_cache, exclude=self.options.exclude or (), override=self._override
        )

    def lint(self, stdin: bytes | None = None) -> None:
        """`stdin` is used instead of what standard input gives."""
        if self.options.paths == [STDIN]:
            self.stdin = sys.stdin.buffer.read() if stdin is None else stdin
            name = self.options.stdin_filename
            self._lint_file(Path(name or "stdin.py"), self.stdin, display(name) if name else STDIN)
        else:
            self._lint_paths([Path(path) for path in self.options.paths])
        self.linter.finish()
        for what, files in self._crashes.items():
            more = f", and so in {number(len(files) - 1, 'more file')}" if files[1:] else ""
            self.problems.append(Problem(files[0], 1, f"internal error, please report it: {what}{more}", internal=True))
        self.diagnostics.sort(key=lambda d: (d.path, d.span.line, d.span.column, d.code))
        self.problems.sort(key=lambda p: (p.path, p.line))

    def _lint_paths(self, paths: list[Path]) -> None:
        with self.progress:
            roots = dict.fromkeys(self.linter.root(path) for path in paths)
            clean = self.linter.clean_files(paths[0]) if len(paths) == 1 and paths[0].is_dir() else []
            self.files += len(clean)
            self.checked += [os.path.join(paths[0], path) for path in clean]
            listed = self.linter.python_files(paths, frozenset(clean))
            files = {os.path.abspath(file): file for file in listed if _is_python(file)}
            named = [path for path in paths if not path.is_dir()]
            asked = dict.fromkeys(self.linter.root(file) for file in (*(paths if clean else named), *files.values()))
            self.progress.total = len(files)
            self.linter.expect(files.values())
            for file in files.values():
                self._lint_file(file, None, display(file))
                self.progress.advance()
            self.roots = list(roots | asked)
            for root in self.roots:
                found, problems = self._lint_deployment(root)
                # a project around the folders that has no Python file in them is asked about what lies there only
                places = [root] if root in asked else [path.resolve() for path in paths]
                self.diagnostics += [replace(d, path=display(d.path)) for d in found if _is_below(d.path, places)]
                self.problems += [replace(p, path=display(p.path)) for p in problems if _is_below(p.path, places)]

    def _lint_deployment(self, root: Path) -> tuple[list[Diagnostic], list[Problem]]:
        try:
            return self.linter.lint_deployment(root)
        except (ConfigError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001  # nor must one in the project's deployment files
            self.files += 1
            self._crashes.setdefault(_mistake(error), []).append(display(root))
            return [], []

    def _lint_file(self, path: Path, data: bytes | None, shown: str) -> None:
        self.files += 1
        try:
            self.diagnostics += self.linter.lint_file(path, data, shown)
            self.checked.append(path)
        except SourceError as error:
            self.problems.append(Problem(shown, error.line, error.message))
        except (ConfigError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001  # a mistake of ours in one file must not hide what others say
            self._crashes.setdefault(_mistake(error), []).append(shown)

    def fixes(self) -> dict[Diagnostic, Fix]:
        """The repairs of findings; the files of those that may have one are parsed for it."""
        from .repair import with_fixers

        found: dict[Diagnostic, Fix] = {}
        for path in with_fixers(self.diagnostics):
            file = Path(path) if self.stdin is None else Path(self.options.stdin_filename or "stdin.py")
            try:
                _, repairs = self.linter.repairs(file, {} if self.stdin is None else {file: self.stdin})
            except SourceError:
                continue
            except Exception as error:  # noqa: BLE001  # without the repairs, the findings are still worth reporting
                print(f"{path}:1: internal error, please report it: {_mistake(error)}", file=sys.stderr)
                continue
            root = self.linter.root(file)
            for diagnostic, fix in repairs.items():
                other = display(root / fix.path) if fix.path is not None else None
                found[replace(diagnostic, path=path)] = replace(fix, path=other)
        self.linter.finish()
        return found

    def lines_of(self, path: str) -> list[str]:
        """The lines of a file with a finding, without their ends, [] where it cannot be read any more."""
        try:
            data = self.stdin if self.stdin is not None else read(Path(path))
        except SourceError:
            return []
        try:
            text = decode(path, data).text
        except SourceError:
            text = data.decode("utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _mistake(error: Exception) -> str:
    """What went wrong, and where."""
    import traceback  # takes long, and is hardly ever needed

    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"


def baseline_given(options: argparse.Namespace) -> str | None:
    """The baseline's file as the options name it, from wherever the project's root is; None where they do not."""
    given: str | None = options.write_baseline or options.baseline
    return os.path.abspath(given) if given else given


def is_deployment(file: Path) -> bool:
    """Whether a file that is named itself is read with the project's deployment files, as all of them are."""
    if file.suffix == ".py":
        return False
    from ..kinds import is_deployment_file

    return is_deployment_file(file.as_posix())


def _is_python(file: Path) -> bool:
    """Whether a file is taken for Python. One that is named may be anything that a hook has come upon."""
    return file.suffix in ("", ".py", ".pyi", ".pyw") and not is_deployment(file)


def _is_below(path: str, places: list[Path]) -> bool:
    return any(Path(path).is_relative_to(place) for place in places)


def display(path: str | Path) -> str:
    """The path as findings show it: relative where it lies below the current folder."""
    absolute = os.path.abspath(path)
    folder = os.getcwd()
    if absolute.startswith(os.path.join(folder, "")):
        return os.path.relpath(absolute, folder)
    return str(path)


def report(run: Run, options: argparse.Namespace, stream: TextIO | None = None) -> None:
    """Show what was found on `stream`, standard output by default, or in the file that the options name."""
    from ..report import render
    from ..report.report import Report

    to_file = options.output_file is not None
    stream = stream if stream is not None else sys.stdout
    terminal = stream.isatty() and not to_file
    kind = options.output_format or ("full" if terminal else "concise")
    colored = not to_file and wants_color(stream, options.color)
    style = Style(color=colored, links=terminal and colored, width=max(columns(), 40) if terminal else None)
    found = Report(
        run.diagnostics,
        run.problems,
        files=run.files,
        crashed=run.crashed,
        lines_of=run.lines_of,
        find_fixes=run.fixes,
        repaired=options.fix,
        style=style,
        quiet=sum(baseline.quiet for baseline in run.linter.baselines),
        adopted=bool(run.linter.baselines),
    )
    if options.statistics:
        from ..report import statistics

        lines = statistics.render(found, kind)
    else:
        lines = render(found, kind)
    text = "".join(f"{line}\n" for line in lines)
    if to_file:
        write(options.output_file, text)
    else:
        stream.write(text)


def write(path: str, text: str) -> None:
    """Replace the file as a whole; what is no regular file (a device, a pipe) is written to."""
    from ..files import replace as replace_file

    target = Path(os.path.realpath(path))
    data = text.encode("utf-8", "backslashreplace")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            replace_file(target, data)
    except OSError as error:
        raise ConfigError(f"--output-file: {path}: {error.strerror}") from error

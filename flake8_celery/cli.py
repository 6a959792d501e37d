"""The command `flake8-celery`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from . import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CLEAN, FINDINGS, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 clean, 1 findings, 2 wrong usage or configuration."""
    from .config import ConfigError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a path or a line of code that the terminal's encoding lacks
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
        sys.stdout.flush()
    except ConfigError as error:
        print(f"flake8-celery: error: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # Python flushes once more at exit: let that go nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return FINDINGS
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flake8-celery", description="Finds what makes Celery projects lose work.")
    parser.add_argument("--version", action="version", version=f"flake8-celery {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = commands.add_parser("check", help="look for mistakes in Python and deployment files")
    check.set_defaults(run=_check)
    check.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        default=["."],
        help="files and folders; - reads a file from standard input (default: .)",
    )
    rules = check.add_argument_group("rules", "codes or their beginnings, separated by commas: CEL401,CEL3")
    rules.add_argument(
        "--select", type=_codes, action="extend", default=[], metavar="CODES", help="run these rules only"
    )
    rules.add_argument(
        "--extend-select",
        type=_codes,
        action="extend",
        default=[],
        metavar="CODES",
        help="run these rules too, such as the policies of CEL9",
    )
    rules.add_argument(
        "--ignore", type=_codes, action="extend", default=[], metavar="CODES", help="leave these rules out"
    )
    files = check.add_argument_group("files")
    files.add_argument(
        "--exclude",
        type=_patterns,
        action="extend",
        metavar="PATTERNS",
        default=[],
        help="leave out what matches, as in a .gitignore file",
    )
    files.add_argument("--stdin-filename", metavar="FILE", help="the path of what comes from standard input")
    files.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    output = check.add_argument_group("output")
    output.add_argument(
        "--output-format", choices=("full", "concise", "json"), help="default: full on a terminal, else concise"
    )
    output.add_argument("--output-file", metavar="FILE", help="write the findings to a file")
    output.add_argument(
        "--statistics", action="store_true", help="count the findings of each rule instead of showing them"
    )
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 in spite of findings")
    output.add_argument("--show-settings", action="store_true", help="show what is in force, and check nothing")
    output.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="(default: auto; NO_COLOR turns it off)"
    )

    rule = commands.add_parser("rule", help="explain a rule")
    rule.set_defaults(run=_rule)
    which = rule.add_mutually_exclusive_group(required=True)
    which.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name")
    which.add_argument("--all", action="store_true", help="explain every rule")
    rule.add_argument("--output-format", choices=("text", "json"), default="text", help="(default: text)")
    rule.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="(default: auto; NO_COLOR turns it off)"
    )
    return parser


def _codes(text: str) -> list[str]:
    return [part.strip().upper() for part in text.split(",") if part.strip()]


def _patterns(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _check(options: argparse.Namespace) -> int:
    from .commands.check import check

    return check(options)


def _rule(options: argparse.Namespace) -> int:
    from .commands.rule import explain

    return explain(options)

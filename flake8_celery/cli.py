"""The command `flake8-celery`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from . import __version__
from .config import ABOUT, BASELINE, CODES, LISTS, OTHERS, ConfigError, option
from .report import FORMATS
from .terminal import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

CLEAN, FINDINGS, USAGE, INTERRUPTED = 0, 1, 2, 130
_COLOR = "(default: auto; NO_COLOR turns it off, FORCE_COLOR on)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 clean, 1 findings, 2 wrong usage or configuration."""
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


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - 2)


class _Parser(argparse.ArgumentParser):
    """Its parsers of commands are of the same kind."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, **options)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="flake8-celery", description="Finds what makes Celery projects lose work.")
    parser.add_argument("--version", action="version", version=f"flake8-celery {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog=parser.prog)

    check = commands.add_parser("check", help="look for mistakes in Python and deployment files")
    check.set_defaults(run=_check)
    check.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        default=["."],
        help="files and folders; - reads a file from standard input (default: .)",
    )
    _add_keys(check.add_argument_group("rules", "codes or their beginnings, separated by commas: CEL401,CEL3"), CODES)
    fixes = check.add_argument_group("repairs")
    fixes.add_argument("--fix", action="store_true", help="repair what can be repaired, and report what is left")
    fixes.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="make repairs too that change what the program does, such as a limit or a retry: read them",
    )
    fixes.add_argument("--diff", action="store_true", help="show the repairs as a patch, and write nothing")
    files = check.add_argument_group("files")
    _add_keys(files, ["exclude"])
    files.add_argument("--stdin-filename", metavar="FILE", help="the path of what comes from standard input")
    files.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    files.add_argument(
        "--jobs", type=_jobs, metavar="N", help="how many processes work on a project (default: one for each processor)"
    )
    legacy = check.add_argument_group("old findings")
    _add_keys(legacy, ["baseline"])
    legacy.add_argument(
        "--no-baseline", dest="baseline", action="store_const", const="", help="report what the baseline lists, too"
    )
    legacy.add_argument(
        "--write-baseline",
        nargs="?",
        const="",
        metavar="FILE",
        help="list what is found in a file, and keep quiet about it from now on (default: "
        f"{BASELINE} in the project's folder, which is used unless you say otherwise)",
    )
    legacy.add_argument(
        "--add-noqa", nargs="?", const="", metavar="REASON", help="add a `# noqa` comment for each finding"
    )
    project = check.add_argument_group(
        "project", "what pyproject.toml says in [tool.flake8-celery]; lists are separated by commas"
    )
    _add_keys(project, [name for name in OTHERS if name not in ("exclude", "baseline")])
    output = check.add_argument_group("output")
    output.add_argument(
        "--output-format",
        choices=FORMATS,
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)} (default: full on a terminal, else concise)",
    )
    output.add_argument("--output-file", metavar="FILE", help="write the findings to a file")
    output.add_argument(
        "--statistics", action="store_true", help="count the findings of each rule instead of showing them"
    )
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 in spite of findings")
    output.add_argument("--show-settings", action="store_true", help="show what is in force, and check nothing")
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", help=_COLOR)

    rule = commands.add_parser("rule", help="explain a rule")
    rule.set_defaults(run=_rule)
    which = rule.add_mutually_exclusive_group(required=True)
    which.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name")
    which.add_argument("--all", action="store_true", help="explain every rule")
    rule.add_argument("--output-format", choices=("text", "json"), default="text", help="(default: text)")
    rule.add_argument("--color", choices=("auto", "always", "never"), default="auto", help=_COLOR)

    prove = commands.add_parser(
        "prove",
        help="show on a real worker that the rules are true, or what your own task survives",
        usage="%(prog)s [CODE ...]\n       %(prog)s APP TASK [ARGS] --checks MODULE",
    )
    prove.set_defaults(run=_prove)
    prove.add_argument(
        "what",
        nargs="*",
        metavar="CODE | APP TASK [ARGS]",
        help="the rules to prove (default: all that have a proof); with --checks the app as for `celery -A`, the name "
        "of a task and its arguments, a list or an object in JSON",
    )
    survival = prove.add_argument_group("survival", "run a task of yours under one fault after the other")
    survival.add_argument(
        "--checks",
        metavar="MODULE",
        help="a module with reset() and observe(), and optionally env() and recover, the name of a task",
    )
    survival.add_argument(
        "--faults", type=_patterns, action="extend", metavar="FAULTS", help="only these, separated by commas"
    )
    survival.add_argument("--html", metavar="FILE", help="write the report as an HTML page too")
    servers = prove.add_argument_group(
        "servers", "by default a private Redis, and RabbitMQ if it answers on 127.0.0.1:5672"
    )
    servers.add_argument("--redis-url", metavar="URL", help="use this Redis server; only empty databases are used")
    servers.add_argument("--rabbitmq-url", metavar="URL", help="use this RabbitMQ server")
    prove.add_argument("--jobs", type=int, default=0, metavar="N", help="how many experiments run at the same time")
    prove.add_argument("--output-format", choices=("text", "json"), default="text", help="(default: text)")

    server = commands.add_parser("server", help="serve an editor: a language server on standard input and output")
    server.set_defaults(run=_server)
    server.add_argument("--stdio", action="store_true", help="(the only way there is; for editors that say so)")
    return parser


def _add_keys(group: argparse._ArgumentGroup, names: Iterable[str]) -> None:
    """Options for keys of the configuration; those that are not given are None, and empty for codes."""
    for name in names:
        key, flag = ABOUT[name], option(name)
        if name in CODES:
            group.add_argument(flag, type=_codes, action="extend", default=[], metavar=key.metavar, help=key.help)
        elif name in LISTS:
            group.add_argument(flag, type=_patterns, action="extend", metavar=key.metavar, help=key.help)
        else:
            group.add_argument(flag, metavar=key.metavar, help=key.help)


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a number from 1 on")
    return int(text)


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


def _prove(options: argparse.Namespace) -> int:
    from .commands.prove import prove

    return prove(options)


def _server(options: argparse.Namespace) -> int:
    from .commands.server import server

    return server(options)

"""Command lines of Celery's processes: the order of their words, and the shell that waits for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...checks.worker_commands import misplaced
from ...knowledge.celery_cli import GLOBAL
from ...model import Edit, Span
from .. import Fix, deployment_fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Command
    from ...project import Project

_WORD = re.compile(r"\S+")
_UNREAD = re.compile(r"[\"'\\,\[\]]")
"""What a word holds that is no plain word of a command line."""
_BEFORE = re.compile(r"\s*(?:(?:CMD|ENTRYPOINT)\s+)?")
_NOTHING = re.compile(r"\s*(?:#.*)?")


def _command(found: Diagnostic, project: Project) -> Command | None:
    commands = [c for c in project.deployment.commands if c.path == found.path and c.span == found.span]
    return commands[0] if len(commands) == 1 else None


@deployment_fixer("CEL828")
def program_before_options(found: Diagnostic, text: str, project: Project) -> Fix | None:
    """Write the options of `celery` before its sub-command, where the command is plain words on one line."""
    command = _command(found, project)
    if command is None or command.span.line != command.span.end_line:
        return None
    start, end = command.span.column, command.span.end_column
    line = text.split("\n")[command.span.line - 1][start:end]
    words = [match[0] for match in _WORD.finditer(line)]
    if _UNREAD.search(line) or tuple(words) != command.argv:
        return None
    program = misplaced(command)[0]
    at = words.index(program)
    moved: list[str] = []
    kept: list[str] = []
    rest = iter(words[at + 1 :])
    for word in rest:
        name = word.partition("=")[0]
        if name in GLOBAL and name not in ("--help", "-h", "--version"):
            moved.append(word)
            if GLOBAL[name][1] and word == name:
                moved.append(next(rest, ""))
        else:
            kept.append(word)
    if not moved or not all(moved) or _is_still_behind([*words[:at], *moved, program, *kept]):
        return None
    new = " ".join([*words[:at], *moved, program, *kept])
    span = Span(command.span.line, start, command.span.line, end)
    return Fix(f"Write `{moved[0]}` before `{program}`", (Edit(span, new),), "safe")


def _is_still_behind(words: list[str]) -> bool:
    """Whether an option still stands behind the sub-command: one that is written together with its value."""
    program = next((i for i, word in enumerate(words) if i and not word.startswith("-")), len(words))
    return any(re.match(r"-[Ab]\w", word) for word in words[program + 1 :])


@deployment_fixer("CEL829")
def replace_the_shell(found: Diagnostic, text: str, project: Project) -> Fix | None:
    """Let the last command of a script, or of the shell form, take the place of the shell."""
    command = _command(found, project)
    if command is None:
        return None
    lines = text.split("\n")
    line, last = lines[command.span.line - 1], lines[command.span.end_line - 1]
    before = line[: command.span.column]
    if _BEFORE.fullmatch(before) is None or _NOTHING.fullmatch(last[command.span.end_column :]) is None:
        return None
    if command.shell == "script" and not all(_NOTHING.fullmatch(other) for other in lines[command.span.end_line :]):
        return None
    place = Span(command.span.line, command.span.column, command.span.line, command.span.column)
    return Fix("Write `exec`", (Edit(place, "exec "),), "safe")

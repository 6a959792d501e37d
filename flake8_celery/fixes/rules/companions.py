"""Programs and packages of Celery 3 in deployment and requirements files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...knowledge.celery_cli import GLOBAL, OPTIONS
from ...model import Edit, Span
from .. import Fix, deployment_fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Mention
    from ...project import Project

_COMMANDS = {"celeryd": "worker", "celerybeat": "beat", "celeryev": "events"}
_MANAGE = re.compile(r"(?:(?<![^\s:=&;|(])(?P<python>\S*python[\d.]*)\s+)?(?<!\S)(?:\./)?manage\.py\s+$")
_PYTHON = re.compile(r"python[\d.]*")
_APP = re.compile(r"\s+(-A\s+|--app[= ]\s*)([\w.:]+)(?=[\s\"']|$)")
_OPTION = re.compile(r"(?<=\s)(--?[A-Za-z][\w-]*)")
_ENDS = re.compile(r"[;&|#]|$")
_MODULES = re.compile(rb"\b(?:djcelery|djkombu|celerymon)\b")
_ALONE = re.compile(r"""\s*["']?[\w.-]+(?:\[[\w, -]*\])?\s*(?:[<>=!~]=?=?[^"'\\#;]*)?["']?\s*,?\s*(?:#.*)?""")


@deployment_fixer("CEL810")
def companion(found: Diagnostic, text: str, project: Project) -> Fix | None:
    """Start the sub-command of `celery` that a program became, where the application is told; drop a requirement that
    nothing in the code needs."""
    mentions = [m for m in project.deployment.mentions if m.path == found.path and m.span == found.span]
    if len(mentions) != 1 or mentions[0].span.line != mentions[0].span.end_line:
        return None
    mention = mentions[0]
    lines = text.split("\n")
    line = lines[mention.span.line - 1]
    if mention.kind == "program":
        return _started(project, mention, line)
    return _dropped(project, mention, line) if mention.span.line < len(lines) else None


def _started(project: Project, mention: Mention, line: str) -> Fix | None:
    manage, _, name = mention.word.rpartition(" ")
    command = _COMMANDS.get(name)
    number, start, end = mention.span.line, mention.span.column, mention.span.end_column
    rest = line[end:]
    ending = _ENDS.search(rest)
    rest = rest[: ending.start()] if ending is not None else rest
    if command is None or line[start:end] != name or line.rstrip().endswith("\\"):
        return None
    known = {*OPTIONS.get(command, {}), *GLOBAL}
    if any(o[1] not in known and o[1].partition("=")[0] not in known for o in _OPTION.finditer(rest)):
        return None
    if manage:
        before = _MANAGE.search(line[:start])
        app = _only_app(project)
        if before is None or not app or _APP.search(rest) is not None:
            return None
        if before["python"] and not _PYTHON.fullmatch(before["python"]):
            return None  # whose `celery` that is cannot be told
        start, given = before.start(), None
    else:
        given = _APP.match(rest)
        if given is None:
            return None
        app = given[2]
    stop = end + (given.end() if given is not None else 0)
    new = f"celery -A {app} {command}"
    return Fix(f"Start `{new}`", (Edit(Span(number, start, number, stop), new),), "unsafe")


def _only_app(project: Project) -> str:
    """The module of the project's one application."""
    apps = project.apps
    if len(apps) != 1 or apps[0].factory is not None or not apps[0].name:
        return ""
    return apps[0].name.rpartition(".")[0]


def _dropped(project: Project, mention: Mention, line: str) -> Fix | None:
    """The line taken away, where it holds nothing else and no code has the name of the package's modules."""
    index = project.index
    if _ALONE.fullmatch(line) is None or any(_MODULES.search(index.data(path)) for path in index.tree.python):
        return None
    number = mention.span.line
    return Fix(f"Drop `{mention.word}`", (Edit(Span(number, 0, number + 1, 0), ""),), "unsafe")

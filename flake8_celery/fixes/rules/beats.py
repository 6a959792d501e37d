"""Schedulers that deployment files start twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...model import Edit, Span
from .. import Fix, deployment_fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

    from ...diagnostics import Diagnostic
    from ...model import Command
    from ...project import Project

_EMBEDDED = re.compile(r"""(?:,\s*(["'])(?:-B|--beat)\1|(?<=\S)[ \t]+(?:-B|--beat))(?=[\s"'\],)]|$)""")
_NUMBERS = ("replicas", "scale")


@deployment_fixer("CEL703")
def multiple_beats(found: Diagnostic, text: str, project: Project) -> Fix | None:
    """Take the beat out of a worker that has one beside it, or start one beat only."""
    commands = [c for c in project.deployment.commands if c.path == found.path and c.span == found.span]
    if len(commands) != 1:
        return None
    command = commands[0]
    if command.program == "worker":
        return _without_beat(command, text) if command.replicas == 1 and not command.autoscaled else None
    return _one_copy(command, text) if command.replicas is not None and command.replicas > 1 else None


def _without_beat(command: Command, text: str) -> Fix | None:
    lines = text.split("\n")
    number = command.span.line
    matches = list(_EMBEDDED.finditer(lines[number - 1]))
    if len(matches) != 1:
        return None
    span = Span(number, matches[0].start(), number, matches[0].end())
    return Fix("Start no beat in the worker", (Edit(span, ""),), "unsafe")


def _one_copy(command: Command, text: str) -> Fix | None:
    """One where the number of copies stands, in the mapping around the command."""
    if command.kind not in ("compose", "kubernetes"):
        return None
    import yaml

    try:
        nodes = [n for document in yaml.compose_all(text, yaml.SafeLoader) for n in _numbers(document, command)]
    except yaml.YAMLError:
        return None
    if len(nodes) != 1:
        return None
    start, end = nodes[0].start_mark, nodes[0].end_mark
    span = Span(start.line + 1, start.column, end.line + 1, end.column)
    return Fix("Start one beat", (Edit(span, "1"),), "unsafe")


def _numbers(node: yaml.Node | None, command: Command) -> Iterator[yaml.ScalarNode]:
    """The numbers of copies in the mappings that the command stands in."""
    import yaml

    if not isinstance(node, yaml.MappingNode) or not _holds(node, command.span.line):
        if isinstance(node, yaml.SequenceNode) and _holds(node, command.span.line):
            for item in node.value:
                yield from _numbers(item, command)
        return
    for key, value in node.value:
        if key.value in _NUMBERS and isinstance(value, yaml.ScalarNode) and value.value == str(command.replicas):
            yield value
        elif key.value == "deploy" and isinstance(value, yaml.MappingNode):
            yield from (v for k, v in value.value if k.value in _NUMBERS and v.value == str(command.replicas))
        else:
            yield from _numbers(value, command)


def _holds(node: yaml.Node, line: int) -> bool:
    return bool(node.start_mark.line < line <= node.end_mark.line + 1)

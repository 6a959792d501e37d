"""What is found in one file, collected as commands and mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from ..model import Command, Container, Deployment, Mention, Span, Variable
from . import invocation
from .text import Lines, Piece, commands, words

_DEEPEST_SCRIPT = 4
_LOOPS = ("for@", "while@", "until@", "select@")
_RELEVANT = re.compile(r"^C_FORCE_ROOT$|AMQP|BROKER|CACHE_URL|CELERY|FLOWER|RABBIT|REDIS_?URL|RESULT_BACKEND")
"""Names of variables that rules look for."""
_LONG_RUNNING = ("worker", "beat", "events", "flower")


@dataclass(frozen=True)
class Process:
    """What the file says about a process besides its command line."""

    service: str = ""
    replicas: int | None = 1
    autoscaled: bool = False
    uncertain: bool = False
    variant: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    image: str = ""
    ports: tuple[str, ...] = ()
    container: str = ""


@dataclass
class Reader:
    """`text` is that of the file, `variant` what makes the whole file an alternative to others."""

    path: str
    text: str
    kind: str
    variant: str = ""
    lines: Lines = field(init=False)
    commands: list[Command] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    problems: list[tuple[str, int, str]] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = Lines(self.text)

    @property
    def stem(self) -> str:
        """A name for the file: without its suffix, and with its folder where it says nothing itself."""
        path = PurePosixPath(self.path)
        if path.stem in ("start", "run", "entrypoint", "docker-entrypoint", "start-reload") and path.parent.name:
            return f"{path.parent.name}/{path.stem}"
        return path.stem

    def deployment(self) -> Deployment:
        return Deployment(
            tuple(self.commands),
            tuple(self.mentions),
            tuple(self.problems),
            tuple(self.variables),
            tuple(self.containers),
        )

    def script(self, piece: Piece, process: Process, depth: int = 0, blocks_matter: bool = False, by: str = "") -> None:
        """Collect what a shell text starts. With `blocks_matter`, functions and branches are processes of their own:
        of a script, mostly one branch runs. `by` is the shell that reads it."""
        waiting: dict[str, str] = {}
        found = commands(piece)
        if any(simple.words[0].text == "trap" for simple in found):
            by = ""
        for simple in found:
            here = process
            if simple.block:
                if blocks_matter:
                    here = replace(here, service=f"{here.service}:{self._label(simple.block)}")
                if any(part.startswith(_LOOPS) for part in simple.block.split(":")):
                    here = replace(here, replicas=None)
            waits = waiting.get(simple.block) or waiting.get("")
            if waits:
                here = replace(here, variant=" ".join(filter(None, (here.variant, waits))))
            known = len(self.commands)
            stays = not simple.background and not invocation.replaces_shell(simple.words)
            self.run(simple.words, here, depth, by if stays else "")
            for command in self.commands[known:]:
                stays = command.program in _LONG_RUNNING and command.option("--detach") is None
                if stays and not simple.background and "multi" not in command.argv:
                    # The shell waits for it: what follows runs only when it has ended.
                    waiting.setdefault(simple.block, f"after line {command.span.line}")

    def run_line(self, piece: Piece, process: Process) -> None:
        """Collect what a line that no shell reads starts."""
        self.run(words(piece), process)

    def _label(self, block: str) -> str:
        """The name of a block, with the line of the branch."""
        parts = []
        for part in block.split(":"):
            word, at, offset = part.rpartition("@")
            parts.append(f"{word} {self.lines.position(int(offset))[0]}" if at and offset.isdecimal() else part)
        return ":".join(parts)

    def run(self, line: Sequence[Piece], process: Process, depth: int = 0, by: str = "") -> None:
        """Collect what one command line starts, and the variables it sets. `by` is the shell that runs the line."""
        for word, equals in invocation.exported(line):
            self.variable(word.text[:equals].rstrip("+"), word.slice(equals + 1), process)
        old = invocation.find_old(line)
        if old is not None:
            self.mention("program", old.word, old.name, " ".join(w.text for w in line))
        found = invocation.find(line)
        if found is not None:
            self._add(found, process, by)
        elif depth < _DEEPEST_SCRIPT and invocation.starts_something(line):
            inside = next((invocation.basename(w.text) for w in line if invocation.is_shell(w.text)), "")
            for inner in invocation.nested(line):
                self.script(inner, process, depth + 1, by=inside)

    def _add(self, found: invocation.Invocation, process: Process, shell: str) -> None:
        if found.app is None and "airflow" in f"{process.service} {process.image}".lower():
            return  # `celery worker` as arguments of Airflow
        first, last = found.words[0], found.words[-1]
        ends = [w.end for w in found.words if w.places]
        span = self.span(first.start, max(ends) if ends else last.end)
        replicas = process.replicas
        if found.nodes != 1:
            replicas = None if found.nodes is None or replicas is None else found.nodes * replicas
        self.commands.append(
            Command(
                path=self.path,
                span=span,
                service=process.service,
                argv=tuple(w.text for w in found.words),
                app=found.app,
                program=found.program,
                options=found.options,
                kind=self.kind,
                replicas=replicas,
                autoscaled=process.autoscaled,
                uncertain=process.uncertain or found.uncertain,
                variant=" ".join(filter(None, (self.variant, process.variant, found.lock))),
                environment=merge(process.environment, found.environment),
                image=process.image,
                ports=process.ports,
                container=process.container,
                shell=shell,
            )
        )

    def mention(self, kind: str, word: Piece, name: str, text: str) -> None:
        self.mentions.append(Mention(self.path, self.span(word.start, word.end), kind, name, text))

    def variable(self, name: str, value: Piece, process: Process) -> None:
        """Collect a variable, where it may configure Celery or Flower."""
        if _RELEVANT.search(name):
            variant = " ".join(filter(None, (self.variant, process.variant)))
            span = self.span(value.start, value.end)
            self.variables.append(
                Variable(self.path, span, name, value.text, process.service, self.kind, variant, process.container)
            )

    def contains(self, container: Container) -> None:
        self.containers.append(replace(container, variant=self.variant))

    def problem(self, line: int, message: str) -> None:
        self.problems.append((self.path, line, message))

    def span(self, start: int, end: int) -> Span:
        return self.lines.span(start, end)


def merge(*parts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Environments on top of each other."""
    found: dict[str, str] = {}
    for part in parts:
        found.update(part)
    return tuple(found.items())

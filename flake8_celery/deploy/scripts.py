"""Procfiles, Dockerfiles, shell scripts and makefiles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..model import Container
from .reader import Process, Reader, merge
from .text import Piece, commands, words

_LINE = re.compile(r"[^\n]*\n?")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for match in _LINE.finditer(text):
        if match[0]:
            yield match.start(), match[0]


# --- Procfile ---------------------------------------------------------------------------------------------------------

_PROCESS = re.compile(r"([A-Za-z0-9_-]+)[ \t]*:[ \t]*")


def read_procfile(reader: Reader) -> None:
    for offset, line in _lines(reader.text):
        match = _PROCESS.match(line)
        if match:
            command = Piece.at(line[match.end() :].rstrip("\r\n"), offset + match.end())
            # only the process `web` gets requests from outside
            ports = ("$PORT",) if match[1] == "web" else ()
            reader.script(command, Process(service=match[1], ports=ports))


# --- shell ------------------------------------------------------------------------------------------------------------


def read_shell(reader: Reader) -> None:
    reader.script(Piece.at(reader.text, 0), Process(service=reader.stem), blocks_matter=True, by="script")


# --- environment files -----------------------------------------------------------------------------------------------

_VARIABLE = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*")


_COMMENT = re.compile(r"[ \t]+#")


def read_environment(reader: Reader) -> None:
    for offset, line in _lines(reader.text):
        match = _VARIABLE.match(line)
        if match:
            value = line[match.end() :].rstrip()
            if value[:1] not in ("'", '"'):
                value = _COMMENT.split(value, maxsplit=1)[0]
            quoted = len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]
            start, end = match.end() + quoted, match.end() + len(value) - quoted
            reader.variable(match[1], Piece.at(line[start:end], offset + start), Process())


# --- make -------------------------------------------------------------------------------------------------------------

_TARGET = re.compile(r"([^\s:#=][^:#=\n]*?)\s*::?(?!=)([^\n]*)")


def read_makefile(reader: Reader) -> None:
    target = ""
    recipe: list[tuple[int, str]] = []
    for offset, line in _lines(reader.text):
        continued = bool(recipe) and recipe[-1][1].rstrip("\r\n").endswith("\\")
        if continued or (line.startswith("\t") and target):
            if not continued:
                _recipe_line(reader, target, recipe)
                recipe = []
            recipe.append((offset, line))
            continue
        _recipe_line(reader, target, recipe)
        recipe = []
        match = _TARGET.match(line)
        if match:
            target = match[1].strip()
            _, semicolon, command = match[2].partition(";")
            if semicolon:
                start = offset + match.start(2) + match[2].index(";") + 1
                recipe = [(start, command + "\n")]
        elif line.strip() and not line.lstrip().startswith("#"):
            target = "" if "=" in line else target
    _recipe_line(reader, target, recipe)


def _recipe_line(reader: Reader, target: str, recipe: list[tuple[int, str]]) -> None:
    if not recipe:
        return
    start, first = recipe[0]
    skipped = len(first) - len(first.lstrip("\t @-+"))
    last_offset, last = recipe[-1]
    line = reader.text[start + skipped : min(last_offset + len(last), len(reader.text))]
    reader.script(Piece.at(line, start + skipped), Process(service=target))


# --- Dockerfile -------------------------------------------------------------------------------------------------------

_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)[ \t]+")
_FROM = re.compile(r"(?:--\S+[ \t]+)*(\S+)(?:[ \t]+[Aa][Ss][ \t]+(\S+))?")
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
_PAIR = re.compile(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S*)")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


@dataclass
class _Stage:
    name: str
    entrypoint: Piece | None = None
    command: Piece | None = None
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    image: str = ""
    shell: str = "sh"
    copies: list[tuple[str, str]] = field(default_factory=list)


def _instructions(text: str) -> Iterator[tuple[str, Piece]]:
    """The instructions with their arguments; line continuations are left out, and so are the comments between them."""
    name = ""
    parts: list[str] = []
    places: list[int] = []
    heredocs: list[str] = []
    for offset, line in _lines(text):
        content = line.rstrip("\r\n")
        if heredocs:
            if content.strip() == heredocs[0]:
                heredocs.pop(0)
            continue
        start = 0
        if not name:
            match = _INSTRUCTION.match(content)
            if match is None or content.lstrip().startswith("#"):
                continue
            name, start = match[1].upper(), match.end()
        elif content.lstrip().startswith("#"):
            continue
        continued = content.rstrip().endswith("\\")
        kept = content[start:].rstrip().removesuffix("\\") if continued else content[start:]
        parts.append(kept)
        places += range(offset + start, offset + start + len(kept))
        if continued:
            continue
        if name in ("RUN", "COPY", "ADD"):
            heredocs = [m[1] for m in _HEREDOC.finditer(kept)]
        yield name, Piece("".join(parts), places)
        name, parts, places = "", [], []
    if name:
        yield name, Piece("".join(parts), places)


def _json_words(piece: Piece) -> list[Piece] | None:
    """The words of an instruction in exec form, None for the shell form."""
    content = piece.text.strip()
    if not content.startswith("["):
        return None
    content = re.sub(r"\]\s*#[^\]]*$", "]", content)
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return None
    matches = list(_STRING.finditer(piece.text))
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values) or len(matches) < len(values):
        return None
    found = []
    for value, match in zip(values, matches, strict=False):
        inner = range(match.start() + 1, max(match.end() - 1, match.start() + 1))
        places = [piece.places[i] for i in inner][: len(value)]
        places += [places[-1] if places else piece.places[match.start()]] * (len(value) - len(places))
        found.append(Piece(value, places, quoted=True))
    return found


def read_dockerfile(reader: Reader) -> None:
    stages: list[_Stage] = []
    names: dict[str, _Stage] = {}
    for name, arguments in _instructions(reader.text):
        if name == "FROM":
            match = _FROM.match(arguments.text)
            stage = _Stage(match[2] if match and match[2] else "", image=match[1] if match else "")
            base = names.get(match[1]) if match else None
            if base is not None:
                stage.entrypoint, stage.folder, stage.image = base.entrypoint, base.folder, base.image
                stage.environment, stage.shell = dict(base.environment), base.shell
                stage.copies = list(base.copies)
            stages.append(stage)
            names[stage.name] = stage
        elif not stages:
            continue
        elif name == "CMD":
            stages[-1].command = arguments
        elif name == "ENTRYPOINT":
            stages[-1].entrypoint = arguments
        elif name == "ENV":
            pairs = re.findall(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S*)", arguments.text) or [arguments.text.split(None, 1)]
            stages[-1].environment.update((p[0], p[1].strip("\"'")) for p in pairs if len(p) == 2)
            _variables(reader, arguments, stages[-1].name)
        elif name == "WORKDIR":
            stages[-1].folder = arguments.text.strip()
        elif name == "SHELL":
            stages[-1].shell = ""
        elif name in ("COPY", "ADD"):
            stages[-1].copies += _copies(arguments)
    for stage in stages:
        _run_stage(reader, stage)


def _copies(arguments: Piece) -> Iterator[tuple[str, str]]:
    """What is copied where, other than from another stage."""
    given = [word.text for word in _json_words(arguments) or words(arguments)]
    paths = [word for word in given if not word.startswith("--")]
    if not any(word.startswith("--from") for word in given):
        yield from ((source, paths[-1]) for source in paths[:-1])


def _variables(reader: Reader, arguments: Piece, stage: str) -> None:
    """`ENV name=value ...`, and the old `ENV name value`."""
    pairs = list(_PAIR.finditer(arguments.text))
    for match in pairs:
        quoted = match[2][:1] in ("'", '"')
        start, end = match.start(2) + quoted, match.end(2) - quoted
        reader.variable(match[1], arguments.slice(start, end), Process(service=stage))
    name, _, value = arguments.text.partition(" ")
    if not pairs and value.strip():
        start = len(arguments.text) - len(value.lstrip())
        reader.variable(name, arguments.slice(start, start + len(value.strip())), Process(service=stage))


def _run_stage(reader: Reader, stage: _Stage) -> None:
    # How many containers run of it, an image does not say.
    process = Process(
        service=stage.name,
        replicas=None,
        environment=merge(stage.environment.items()),
        image=f"in {stage.folder}" if stage.folder else "",
    )
    entry = _json_words(stage.entrypoint) if stage.entrypoint is not None else None
    command = _json_words(stage.command) if stage.command is not None else []
    started = [
        word.text
        for whole, given in ((stage.entrypoint, entry), (stage.command, command))
        for word in (given or (words(whole) if whole is not None else ()))
    ]
    reader.contains(Container(reader.path, stage.name, tuple(started), stage.image, tuple(stage.copies)))
    if stage.entrypoint is not None and entry is None:
        reader.script(stage.entrypoint, process, by=stage.shell)  # the shell form ignores CMD
    elif command is not None:
        reader.run([*(entry or ()), *command], process)
    elif stage.command is not None:
        if entry:
            for index, simple in enumerate(commands(stage.command)):
                reader.run([*entry, *simple.words] if index == 0 else simple.words, process)
        else:
            reader.script(stage.command, process, by=stage.shell)

"""Supervisor's configuration and systemd's units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from .reader import Process, Reader
from .text import Piece

_SECTION = re.compile(r"\s*\[([^\]\n]+)\]")
_KEY = re.compile(r"([\w.-]+)[ \t]*([=:])[ \t]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(\"[^\"\n]*\"|'[^'\n]*'|[^,\s]*)")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    offset = 0
    for line in text.splitlines(keepends=True):
        yield offset, line
        offset += len(line)


class _Value:
    """A value over one or more lines, with its places."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.places: list[int] = []

    def add(self, text: str, offset: int) -> None:
        if self.parts:
            self.parts.append(" ")
            self.places.append(max(offset - 1, 0))
        self.parts.append(text)
        self.places += range(offset, offset + len(text))

    @property
    def piece(self) -> Piece:
        return Piece("".join(self.parts), self.places)

    @property
    def text(self) -> str:
        return "".join(self.parts).strip()


def _variables(reader: Reader, value: _Value, service: str) -> None:
    piece = value.piece
    for match in _ASSIGNMENT.finditer(piece.text):
        quoted = match[2][:1] in ("'", '"')
        name = match[1]
        reader.variable(name, piece.slice(match.start(2) + quoted, match.end(2) - quoted), Process(service=service))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((m[1], m[2].strip("\"'")) for m in _ASSIGNMENT.finditer(text))


# --- supervisor -------------------------------------------------------------------------------------------------------


def _sections(text: str) -> Iterator[tuple[str, dict[str, _Value]]]:
    """The sections with their keys; a line that is indented deeper than a key continues its value."""
    name = ""
    keys: dict[str, _Value] = {}
    current: _Value | None = None
    depth = 0
    for offset, line in _lines(text):
        stripped = line.strip()
        section = _SECTION.match(line)
        if not stripped or stripped[0] in ";#":
            continue
        indentation = len(line) - len(line.lstrip())
        if current is not None and indentation > depth:
            content = re.split(r"\s[;#]", line, maxsplit=1)[0]
            current.add(content.strip(), offset + len(content) - len(content.lstrip()))
        elif section:
            if name:
                yield name, keys
            name, keys, current = section[1].strip(), {}, None
        else:
            key = _KEY.match(line, indentation)
            current, depth = None, indentation
            if key:
                content = re.split(r"\s[;#]", line[key.end() :], maxsplit=1)[0].rstrip()
                current = keys[key[1].lower()] = _Value()
                current.add(content, offset + key.end())
    if name:
        yield name, keys


def read_supervisor(reader: Reader) -> None:
    for section, keys in _sections(reader.text):
        kind, colon, name = section.partition(":")
        if "environment" in keys:
            _variables(reader, keys["environment"], name.strip())
        command = keys.get("command")
        if kind not in ("program", "fcgi-program", "eventlistener") or not colon or command is None:
            continue
        copies = keys["numprocs"].text if "numprocs" in keys else "1"
        off = "autostart" in keys and keys["autostart"].text.lower() in ("false", "no", "off", "0")
        reader.run_line(
            command.piece,
            Process(
                service=name.strip(),
                replicas=int(copies) if re.fullmatch("[0-9]{1,6}", copies, re.ASCII) else None,
                variant="not started automatically" if off else "",
                environment=_pairs(keys["environment"].text) if "environment" in keys else (),
                image=f"in {keys['directory'].text}" if "directory" in keys else "",
            ),
        )


# --- systemd ----------------------------------------------------------------------------------------------------------


def _settings(text: str) -> Iterator[tuple[str, str, _Value]]:
    """Section, key and value; a backslash at a line's end continues it."""
    section = ""
    key = ""
    value: _Value | None = None
    for offset, line in _lines(text):
        content = line.rstrip("\r\n")
        if value is None:
            stripped = content.strip()
            header = _SECTION.match(content)
            if not stripped or stripped[0] in "#;":
                continue
            if header:
                section = header[1]
                continue
            match = _KEY.match(content)
            if match is None or match[2] != "=":
                continue
            key, value, start = match[1], _Value(), match.end()
        else:
            if content.lstrip().startswith(("#", ";")):
                continue
            start = 0
        continued = content.endswith("\\")
        value.add(content[start:-1] if continued else content[start:], offset + start)
        if not continued:
            yield section, key, value
            value = None
    if value is not None:
        yield section, key, value


def read_systemd(reader: Reader) -> None:
    name = PurePosixPath(reader.path).name.partition(".service")[0]
    starts: list[Piece] = []
    environment: list[tuple[str, str]] = []
    folder = ""
    for section, key, value in _settings(reader.text):
        if section != "Service":
            continue
        if key == "ExecStart":
            if value.text:
                starts.append(value.piece)
            else:
                starts.clear()  # an empty one takes back those before
        elif key == "Environment":
            environment += _pairs(value.text.replace('"', " ").replace("'", " "))
            _variables(reader, value, name)
        elif key == "EnvironmentFile":
            environment.append(("env_file", value.text.lstrip("-")))
        elif key == "WorkingDirectory":
            folder = f"in {value.text}"
    for start in starts:
        reader.run_line(
            start,
            Process(
                service=name,
                replicas=None if "@" in name else 1,
                environment=tuple(dict(environment).items()),
                image=folder,
            ),
        )

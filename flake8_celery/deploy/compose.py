"""Docker Compose files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from ..model import Container
from . import documents
from .documents import Mapping, Node, Scalar, Sequence
from .reader import Process, Reader, merge
from .text import Piece, Simple, commands
from .text import words as split

_FLOWER_IMAGE = re.compile(r"(?:^|/)mher/flower(?:[:@]|$)")
_LOOPBACK = re.compile(r"127\.|localhost|\[::1\]|::1$")
_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^{}]*))?[^{}]*\}")
_ALTERNATIVE = frozenset({"dev", "development", "local", "debug", "test", "tests", "testing", "ci"})


def looks_like(root: Node) -> bool:
    return isinstance(root, Mapping) and _services(root) is not None


def _services(root: Mapping) -> Mapping | None:
    services = root.mapping("services")
    if services is not None or root.get("version") is not None or root.get("apiVersion") is not None:
        return services
    # The first format had the services at the top.
    values = root.merged().values()
    return root if any(isinstance(v, Mapping) and (v.get("image") or v.get("build")) for v in values) else None


def read(reader: Reader, root: Node, text: str, uncertain: bool = False) -> None:
    """`text` is what the document was made from: that of the file, or its masked template."""
    services = _services(root) if isinstance(root, Mapping) else None
    if services is None:
        return
    for name, node in services.merged().items():
        if isinstance(node, Mapping):
            _service(reader, name, _Service(node, services), text, uncertain)


class _Service:
    """A service with what it extends in the same file."""

    def __init__(self, node: Mapping, services: Mapping) -> None:
        self.nodes = [node]
        while len(self.nodes) < 20:
            extends = self.nodes[-1].get("extends")
            if isinstance(extends, Mapping) and extends.get("file") is not None:
                break
            base = extends.value if isinstance(extends, Scalar) else ""
            if isinstance(extends, Mapping):
                base = extends.string("service")
            found = services.mapping(base) if base else None
            if found is None or found in self.nodes:
                break
            self.nodes.append(found)

    def get(self, *names: str) -> Node | None:
        for node in self.nodes:
            found = node.get(*names)
            if found is not None:
                return found
        return None

    def string(self, *names: str) -> str:
        found = self.get(*names)
        return found.value if isinstance(found, Scalar) and not found.is_null else ""


def _service(reader: Reader, name: str, service: _Service, text: str, uncertain: bool) -> None:
    command = service.get("command")
    entrypoint = service.get("entrypoint")
    if "command" not in service.nodes[0].merged() and "entrypoint" in service.nodes[0].merged():
        command = None  # a new entry point drops the command that is inherited
    replicas, autoscaled = _replicas(service)
    process = Process(
        service=name,
        replicas=replicas,
        autoscaled=autoscaled,
        uncertain=uncertain,
        variant=_variant(name, service),
        environment=_environment(service),
        image=_image(service),
        ports=tuple(_ports(service)),
    )
    for node in service.nodes:
        _variables(reader, node.get("environment"), text, process)
    lines = _command_lines(entrypoint, command, text, reader.text)
    started = [w.text for line in lines for w in (split(line) if isinstance(line, Piece) else line)]
    reader.contains(Container(reader.path, name, tuple(started), init=service.string("init") == "true"))
    known = len(reader.commands)
    for words in lines:
        if isinstance(words, Piece):
            reader.script(words, process)
        else:
            reader.run(words, process)
    if len(reader.commands) == known:
        _flower(reader, service, command, text, process)


def _flower(reader: Reader, service: _Service, command: Node | None, text: str, process: Process) -> None:
    """Flower's own image starts it without being told to."""
    image = service.get("image")
    if not isinstance(image, Scalar) or not _FLOWER_IMAGE.search(image.value):
        return
    words = documents.words(command, text) if isinstance(command, Sequence) else []
    if isinstance(command, Scalar) and not command.is_null:
        words = [w for simple in _simple(command, text, reader.text) for w in simple.words]
    started = Piece.at("celery", image.start), Piece.at("flower", image.start)
    options = [documents.unmasked(word, reader.text) for word in words if word.text.startswith("-")]
    known = len(reader.commands)
    reader.run((*started, *options), process)
    for index in range(known, len(reader.commands)):
        span = reader.span(image.start, image.end)
        reader.commands[index] = replace(reader.commands[index], span=span)


def _command_lines(
    entrypoint: Node | None, command: Node | None, text: str, original: str
) -> list[Piece | tuple[Piece, ...]]:
    """What a service runs: a list of words, or a text that is divided like a shell does."""
    front: list[Piece] = []
    if isinstance(entrypoint, Scalar) and not entrypoint.is_null:
        line = _simple(entrypoint, text, original)
        if len(line) > 1:
            return [_text(entrypoint, text, original)]
        front = list(line[0].words) if line else []
    elif isinstance(entrypoint, Sequence):
        front = [documents.unmasked(w, original) for w in documents.words(entrypoint, text)]
    if isinstance(command, Sequence):
        return [tuple(front + [documents.unmasked(w, original) for w in documents.words(command, text)])]
    if isinstance(command, Scalar) and not command.is_null:
        if not front:
            return [_text(command, text, original)]
        first, *others = _simple(command, text, original) or [Simple((), False, "")]
        return [tuple(front) + first.words, *(simple.words for simple in others)]
    return [tuple(front)] if front else []


def _text(node: Scalar, text: str, original: str) -> Piece:
    return documents.unmasked(documents.piece(node, text), original)


def _simple(node: Scalar, text: str, original: str) -> list[Simple]:
    return commands(_text(node, text, original))


def _replicas(service: _Service) -> tuple[int | None, bool]:
    """How many containers are started, and whether the number of nodes decides."""
    if service.string("deploy", "mode") == "global":
        return None, True
    for names in (("deploy", "replicas"), ("scale",)):
        found = service.get(*names)
        if found is not None:
            return (found.integer() if isinstance(found, Scalar) else None), False
    return 1, False


def _ports(service: _Service) -> Iterator[str]:
    """The container's ports that other machines reach."""
    for item in documents.items(service.get("ports")):
        if isinstance(item, Mapping):
            if not _LOOPBACK.match(item.string("host_ip")):
                yield item.string("target")
        elif isinstance(item, Scalar):
            address, _, port = _VARIABLE.sub(_default, item.value).rpartition(":")
            if not _LOOPBACK.match(address):
                yield port.partition("/")[0]


def _default(match: re.Match[str]) -> str:
    """What a variable in a port is when nobody sets it, itself where it has no default."""
    return match[2] if match[2] is not None else f"${match[1]}"


def _variables(reader: Reader, node: Node | None, text: str, process: Process) -> None:
    if isinstance(node, Mapping):
        for name, value in node.merged().items():
            if isinstance(value, Scalar):
                reader.variable(name, documents.unmasked(documents.piece(value, text), reader.text), process)
    for item in documents.items(node):
        if isinstance(item, Scalar):
            pair = documents.unmasked(documents.piece(item, text), reader.text)
            name, equals, _ = pair.text.partition("=")
            if equals:
                reader.variable(name.strip(), pair.slice(len(name) + 1), process)


def _variant(name: str, service: _Service) -> str:
    profiles = service.nodes[0].get("profiles")
    named = profiles.items if isinstance(profiles, Sequence) else [profiles]
    words = [f"profile:{node.value}" for node in named if isinstance(node, Scalar) and not node.is_null]
    words += [word for word in re.split(r"[-_.]", name) if word in _ALTERNATIVE]
    return " ".join(words)


def _environment(service: _Service) -> tuple[tuple[str, str], ...]:
    found: list[list[tuple[str, str]]] = []
    for node in reversed(service.nodes):
        found.append(_pairs(node.get("environment")))
        files = node.get("env_file")
        for file in files.items if isinstance(files, Sequence) else [files]:
            path = file.string("path") if isinstance(file, Mapping) else file.value if isinstance(file, Scalar) else ""
            if path:
                found.append([("env_file", path)])
    return merge(*found)


def _pairs(node: Node | None) -> list[tuple[str, str]]:
    if isinstance(node, Mapping):
        return [(key, value.value) for key, value in node.merged().items() if isinstance(value, Scalar)]
    pairs = [item.value.partition("=") for item in documents.items(node) if isinstance(item, Scalar)]
    return [(key.strip(), value) for key, _, value in pairs]


def _image(service: _Service) -> str:
    """The folder that the image is built from, or else the image's name; with the working folder, if it is set."""
    build = service.get("build")
    context = build.string("context") if isinstance(build, Mapping) else service.string("build")
    image = f"build {posixpath.normpath(context)}" if context else service.string("image")
    folder = service.string("working_dir")
    return f"{image} in {folder}" if folder else image

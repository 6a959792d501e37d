"""Shells that stand between a container's stop signal and its worker."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from ..rule import DeploymentFinding, deployment_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Command, Container
    from ..project import Project

_INITS = frozenset({"tini", "tini-static", "dumb-init", "docker-init", "catatonit", "init", "s6-svscan", "supervisord"})
"""What is the first process of a container and hands signals on, to all of them or not."""
_STAYING_SHELL = re.compile(r"(?:docker\.io/)?(?:library/)?(?:python|pypy|debian|ubuntu)(?::(?!.*alpine).*)?")
"""Images whose /bin/sh is dash, which stays as it is with `-c`: bash does not."""


@deployment_rule("CEL829")
def shell_swallows_sigterm(project: Project) -> Iterator[DeploymentFinding]:
    """Workers that are children of the shell that is the first process of their container."""
    containers = project.deployment.containers
    if any(posixpath.basename(word) in _INITS for container in containers for word in container.words):
        return
    started = list(_scripts(project, [c for c in containers if not c.init and not c.variant]))
    for command in project.deployment.commands:
        if command.program != "worker" or command.variant or command.option("--detach") is not None:
            continue
        if "multi" in command.argv or command.shell not in ("sh", "dash", "script"):
            continue
        if command.shell == "script":
            if command.kind == "shell" and command.path in started:
                yield DeploymentFinding(command, _message("the script", "`exec celery ...`"))
        elif command.kind == "dockerfile" and _stays(command, containers):
            yield DeploymentFinding(command, _message("`/bin/sh -c`", '`["celery", ...]` or `exec celery ...`'))


def _message(what: str, instead: str) -> str:
    return (
        f"{what} gets the container's SIGTERM and the worker does not: it is killed with its tasks after the grace "
        f"period: write {instead}"
    )


def _stays(command: Command, containers: tuple[Container, ...]) -> bool:
    """Whether the shell of the image does not let the command take its place."""
    images = [c.image for c in containers if (c.path, c.service) == (command.path, command.service)]
    return bool(images) and all(_STAYING_SHELL.fullmatch(image) for image in images)


def _scripts(project: Project, containers: list[Container]) -> Iterator[str]:
    """The paths of the scripts that are started in a container."""
    files = [path for path in project.index.tree.deployment if path]
    names: dict[str, list[str]] = {}
    for path in files:
        names.setdefault(posixpath.basename(path), []).append(path)
    copies = [copy for container in project.deployment.containers for copy in container.copies]
    for container in containers:
        for word in container.words:
            if not re.fullmatch(r"[\w./${}-]+", word) or word.startswith("-"):
                continue
            sources = [source for source, destination in copies if _arrives(source, destination, word)]
            found = [path for source in sources for path in files if _ends(path, source)]
            if not found and len(same := names.get(posixpath.basename(word), [])) == 1 and _fits(same[0], word):
                found = same
            yield from found


def _arrives(source: str, destination: str, word: str) -> bool:
    """Whether copying makes the file that a word names."""
    name = posixpath.basename(source)
    at = posixpath.join(destination, name) if destination.endswith(("/", ".")) else destination
    return posixpath.normpath(at).lstrip("./") == posixpath.normpath(word).lstrip("./")


def _ends(path: str, source: str) -> bool:
    source = posixpath.normpath(source).lstrip("./")
    return bool(source) and (path == source or path.endswith(f"/{source}"))


def _fits(path: str, word: str) -> bool:
    """Whether one of two paths may be the other, seen from another folder."""
    first = path.split("/")
    second = [part for part in word.split("/") if part not in ("", ".")]
    shared = min(len(first), len(second))
    return first[-shared:] == second[-shared:]

"""Flower, Celery's monitor, open to everybody."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from ..model import Command
from ..rule import DeploymentFinding, deployment_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_AUTH = re.compile(r"^--(?:basic[-_]auth|auth(?:[-_]provider)?|oauth2[-_]\w+|conf|unix[-_]socket)$")
"""Options that ask for a login, read others from a file, or open no port."""
_AUTH_VARIABLE = re.compile(r"^FLOWER_(?:BASIC_AUTH|AUTH|OAUTH2|CONF|UNIX_SOCKET)")
_LOOPBACK = re.compile(r"127\.|localhost|::1")
_DEFAULT_PORT = "5555"


@deployment_rule("CEL811")
def unauthenticated_flower(project: Project) -> Iterator[DeploymentFinding]:
    """Flowers whose port other machines reach, and that ask for no login."""
    for command in project.deployment.commands:
        if command.program != "flower" or command.uncertain or command.replicas == 0:
            continue
        if any(not word.startswith("profile:") for word in command.variant.split()):
            continue
        port = command.option("--port") or dict(command.environment).get("FLOWER_PORT") or _DEFAULT_PORT
        address = command.option("--address") or ""
        if _is_published(command, port) and not _LOOPBACK.match(address) and not _asks_for_login(project, command):
            name = f"`{command.service}`" if command.service else "`celery flower`"
            yield DeploymentFinding(
                command, f"{name} publishes Flower without a login: who reaches it sees all tasks with their arguments"
            )


def _is_published(command: Command, port: str) -> bool:
    return any(port == given or "$" in given or "$" in port or "{" in given + port for given in command.ports)


def _asks_for_login(project: Project, command: Command) -> bool:
    """Whether something asks for a login, or that cannot be ruled out."""
    if any(_AUTH.match(name) for name, _ in command.options):
        return True
    if any(posixpath.basename(path) == "flowerconfig.py" for path in project.index.tree.python):
        return True
    folder = posixpath.dirname(command.path)
    for name, value in command.environment:
        if _AUTH_VARIABLE.match(name):
            return True
        if name == "env_file":
            path = posixpath.normpath(posixpath.join(folder, value))
            if path not in project.index.tree.deployment:
                return True
            if any(v.path == path and _AUTH_VARIABLE.match(v.name) for v in project.deployment.variables):
                return True
    return False

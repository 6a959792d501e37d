"""Brokers and result backends that are reached without encryption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ..intent import matches
from ..model import App, Finding, Module
from ..rule import DeploymentFinding, deployment_rule, rule
from .places import statement_at

if TYPE_CHECKING:
    from ..project import Project

_PLAIN = frozenset({"amqp", "pyamqp", "redis"})
_LOOPBACK = frozenset({"", "localhost", "::1", "0.0.0.0", "host.docker.internal"})  # noqa: S104 - compared with
_SETTINGS = {
    "broker_url": ("messages", "broker_use_ssl"),
    "broker_read_url": ("messages", "broker_use_ssl"),
    "broker_write_url": ("messages", "broker_use_ssl"),
    "result_backend": ("results", "redis_backend_use_ssl"),
}
"""What goes there, and the setting that encrypts it."""
_VARIABLES = {f"CELERY_{name.upper()}": name for name in _SETTINGS}
"""What Celery itself takes from the environment."""


@rule("CEL913")
def plain_text_transport(module: Module, project: Project) -> Iterator[Finding]:
    """Addresses of other hosts without TLS, in the settings of applications."""
    seen: set[tuple[int, str]] = set()
    for app in project.apps:
        for setting in _SETTINGS:
            value = project.setting(app, setting)
            path, _, line = value.origin.rpartition(":")
            if not value.is_set or path != module.path or not line.isdigit() or _is_encrypted(project, app, setting):
                continue
            urls = [value.value] if isinstance(value.value, str) else value.value
            for url in urls if isinstance(urls, list | tuple) else ():
                message = _plain(project, setting, url)
                if message and (int(line), message) not in seen:
                    seen.add((int(line), message))
                    yield Finding(statement_at(module, int(line)), message)


@deployment_rule("CEL913")
def plain_text_transport_of_a_command(project: Project) -> Iterator[DeploymentFinding]:
    """The same in the environment that a deployment file gives to a worker or beat."""
    for command in project.deployment.commands:
        if command.program not in ("worker", "beat") or command.variant:
            continue
        for key, url in command.environment:
            setting = _VARIABLES.get(key)
            if setting is None or any(_is_encrypted(project, app, setting) for app in project.apps):
                continue
            message = _plain(project, setting, url)
            if message:
                yield DeploymentFinding(command, message)


def _is_encrypted(project: Project, app: App, setting: str) -> bool:
    """Whether a setting may turn encryption on."""
    return project.setting(app, _SETTINGS[setting][1]).truth(default=False) is not False


def _plain(project: Project, setting: str, urls: object) -> str:
    """What to say of the addresses, "" where there is nothing to say."""
    if not isinstance(urls, str):
        return ""
    for url in urls.split(";"):
        try:
            parts = urlsplit(url.strip())
            host = parts.hostname or ""
        except ValueError:
            continue
        if parts.scheme.lower() not in _PLAIN or host in _LOOPBACK or host.startswith("127.") or _is_open(host):
            continue
        if matches(host, [pattern.lower() for pattern in project.config.plain_text_hosts]):
            continue
        if any(key.startswith("ssl") for key in parse_qs(parts.query, keep_blank_values=True)):
            continue
        what = _SETTINGS[setting][0]
        secret = ", the password included" if parts.password else ""
        return f"{what} travel to `{host}` in plain text (`{parts.scheme}://`){secret}"
    return ""


def _is_open(host: str) -> bool:
    """Whether a part of the name is filled in later: `${REDIS_HOST}`, `{{ host }}`, `%(host)s`."""
    return any(mark in host for mark in "$%{}<>()")

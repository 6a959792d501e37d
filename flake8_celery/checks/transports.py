"""Brokers and result backends that do not exist, or that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge.transports import BACKENDS, OLD_BACKENDS, OLD_TRANSPORTS, TRANSPORTS
from ..model import Finding, Module
from ..rule import rule
from .environments import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project
    from ..settings import Written

_BROKER = frozenset({"broker_url", "broker_read_url", "broker_write_url"})
_TRANSPORTS = frozenset(name.lower() for name in TRANSPORTS)
_GIVEN_AS = {"broker_url": "broker", "result_backend": "backend"}
_LOSSY = {
    "memory": "messages stay in the process that sends them, and no worker ever gets one",
    "filesystem": "a message is deleted when a worker reads it, and the task of a worker that dies is lost",
    "sqla": "workers poll a table, and the task of a worker that dies is never run",
    "sqlalchemy": "workers poll a table, and the task of a worker that dies is never run",
}
_NO_BACKENDS = frozenset(
    {"amqps", "mariadb", "memory", "mssql", "mysql", "oracle", "postgres", "postgresql", "pyamqp", "rabbitmq", "sqlite"}
)
"""What is taken for a result backend, and is none: databases without `db+`, and brokers."""


@rule("CEL808")
def unsuitable_broker_transport(module: Module, project: Project) -> Iterator[Finding]:
    """Broker URLs with a transport that does not exist or loses tasks, and result backends that are gone."""
    for written in project.written_settings:
        if written.scope.module is not module or not isinstance(written.value, str) or written.conditional:
            continue
        if written.name in _BROKER or written.name == "broker_transport":
            why = _broker(project, written, written.value)
        elif written.name == "result_backend":
            why = _backend(written.value)
        else:
            continue
        if why and project.setting(written.app, written.name or "").value == written.value:
            key = _GIVEN_AS.get(written.key, written.key) if written.kind == "constructor" else written.key
            yield Finding(project.spot(module, written.span, key), why)


def _scheme(url: str) -> str:
    """The transport of a URL, of several the first; "" for a bare host."""
    first = url.partition(";")[0].strip()
    scheme, found, _ = first.partition("://")
    return scheme.partition("+")[0] if found else ""


def _broker(project: Project, written: Written, value: str) -> str:
    scheme = _scheme(value) if written.name in _BROKER else value
    if not scheme or "." in scheme or ":" in scheme or "{" in scheme:
        return ""
    if scheme.lower() not in _TRANSPORTS:
        if project.settings_used(["TRANSPORT_ALIASES"]):
            return ""
        gone = " any more" if scheme in OLD_TRANSPORTS else ""
        return f"there is no broker transport `{scheme}`{gone}: whoever sends a task or starts a worker gets a KeyError"
    if scheme not in _LOSSY or is_elsewhere(written.scope) or _is_replaced(project):
        return ""
    if project.setting(written.app, "task_always_eager").truth(default=False) is not False:
        return ""
    return f"`{scheme}` is no broker for production: {_LOSSY[scheme]}"


def _is_replaced(project: Project) -> bool:
    """Whether deployment files give another broker."""
    return any(
        command.option("--broker") is not None or any(key == "CELERY_BROKER_URL" for key, _ in command.environment)
        for command in project.deployment.commands
    )


def _backend(value: str) -> str:
    scheme = _scheme(value) or value.partition("+")[0]
    if scheme in BACKENDS or scheme not in OLD_BACKENDS | _NO_BACKENDS:
        return ""
    if scheme in OLD_BACKENDS:
        return f"there is no result backend `{scheme}` any more: every `delay()` raises ImproperlyConfigured"
    return f"there is no result backend `{scheme}`: every `delay()` raises ModuleNotFoundError"

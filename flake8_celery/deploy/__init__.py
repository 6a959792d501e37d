"""Deployment files: which Celery processes they start, and what they ask for that Celery no longer has.

Nothing is executed or constructed. A file that cannot be understood is passed over; one that is broken is a problem
only where it speaks of Celery.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..kinds import kind_of
from ..model import Deployment
from . import compose, documents, ini, kubernetes, requirements, scripts
from .reader import Reader

_LARGEST = 1_000_000
_WORDS = (
    ("celery", "django-kombu", "c_force_root", "broker_url"),
    ("celery", "c_force_root", "broker", "flower", "rabbit", "redis", "amqp", "result_backend"),
)
"""What a file speaks of that is read: deployment files, and environment files, which are cheap."""

_ALTERNATIVE = frozenset(
    {
        "override",
        "dev",
        "develop",
        "development",
        "local",
        "localdev",
        "localhost",
        "test",
        "tests",
        "testing",
        "ci",
        "e2e",
        "debug",
        "example",
        "examples",
        "sample",
        "samples",
        "demo",
    }
)


def read_deployment(path: str, text: str) -> Deployment:
    """The facts of one deployment file. Never raises."""
    kind = kind_of(path.replace("\\", "/"))
    lowered = text.lower() if len(text) <= _LARGEST else ""
    if not kind or not any(word in lowered for word in _WORDS[kind == "environment"]):
        return Deployment()
    text = text.removeprefix("\ufeff")
    reader = Reader(path, text, kind, _variant(path))
    try:
        _READERS[kind](reader)
    except documents.BrokenDocumentError as error:
        reader.problem(error.line, error.message)
    except RecursionError:
        reader.problem(1, "nested too deeply")
    return reader.deployment()


def _variant(path: str) -> str:
    """The words of a path that say it is an alternative: "docker-compose.dev.yml", "compose/local/..."."""
    words = re.split(r"[/._-]+", path.replace("\\", "/").lower())
    return " ".join(dict.fromkeys(word for word in words if word in _ALTERNATIVE))


def _read_yaml(reader: Reader) -> None:
    text, template = reader.text, documents.is_template(reader.text)
    try:
        roots = documents.documents(text)
    except documents.BrokenDocumentError:
        if not template:
            if reader.kind == "compose" or re.search(r"^(?:apiVersion|kind)\s*:", text, re.MULTILINE):
                raise
            return
        text = documents.masked(text)
        try:
            roots = documents.documents(text)
        except documents.BrokenDocumentError:
            return
    else:
        template = False
    if reader.kind == "compose" or any(compose.looks_like(r) and not kubernetes.looks_like(r) for r in roots):
        reader.kind = "compose"
        for root in roots:
            compose.read(reader, root, text, uncertain=template)
    elif any(kubernetes.looks_like(root) for root in roots):
        reader.kind = "kubernetes"
        kubernetes.read(reader, roots, text, uncertain=template)
    elif reader.kind == "helm":
        for root in roots:
            kubernetes.read_values(reader, root)


def _read_shell(reader: Reader) -> None:
    name = reader.path.rpartition("/")[2]
    first = reader.text[:200].partition("\n")[0]
    if first.startswith("#!") and not re.search(r"\b(?:ba|da|a|k|z)?sh\b|with-contenv", first):
        return
    if not first.startswith("#!") and not re.search(r"\.(?:sh|bash|ksh|zsh)(?:\.\w+)?$", name):
        return
    scripts.read_shell(reader)


_READERS: dict[str, Callable[[Reader], None]] = {
    "compose": _read_yaml,
    "kubernetes": _read_yaml,
    "helm": _read_yaml,
    "procfile": scripts.read_procfile,
    "dockerfile": scripts.read_dockerfile,
    "systemd": ini.read_systemd,
    "supervisor": ini.read_supervisor,
    "shell": _read_shell,
    "environment": scripts.read_environment,
    "make": scripts.read_makefile,
    "requirements": requirements.read,
}

__all__ = ["read_deployment"]

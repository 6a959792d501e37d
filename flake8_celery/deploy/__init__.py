"""Deployment files: which Celery processes they start, and what they ask for that Celery no longer has.

Nothing is executed or constructed. A file that cannot be understood is passed over; one that is broken is a problem
only where it speaks of Celery.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..model import Deployment
from . import compose, documents, ini, kubernetes, requirements, scripts
from .reader import Reader

_LARGEST = 1_000_000
_WORDS = (
    ("celery", "django-kombu", "c_force_root", "broker_url"),
    ("celery", "c_force_root", "broker", "flower", "rabbit", "redis", "amqp", "result_backend"),
)
"""What a file speaks of that is read: deployment files, and environment files, which are cheap."""

_TEMPLATE_SUFFIX = re.compile(r"\.(?:j2|jinja2?|tmpl|tpl|template|erb|example|sample|dist|default|in)$")
_COMPOSE = re.compile(r"(?:.*[._-])?(?:docker)?-?(?:compose|stack)(?:[._-].*)?\.ya?ml", re.IGNORECASE)
_YAML = re.compile(r".*\.ya?ml", re.IGNORECASE)
_NO_MANIFEST = re.compile(
    r"\.|.*lock\.ya?ml$|(?:mkdocs|openapi|swagger|codecov|dependabot|renovate|action|environment|_config|pubspec|"
    r"crowdin|chart|kustomization)\.ya?ml$",
    re.IGNORECASE,
)
_PROCFILE = re.compile(r"Procfile(?:[._-].*)?")
_DOCKERFILE = re.compile(
    r"(?:Dockerfile|Containerfile)(?:[._-].*)?|.*\.(?:dockerfile|containerfile)|Dockerfile\w*", re.IGNORECASE
)
_SERVICE = re.compile(r".*\.service")
_SUPERVISOR = re.compile(r".*\.conf|supervisor.*\.ini|.*celery.*\.ini")
_SHELL = re.compile(
    r".*\.(?:sh|bash|ksh|zsh)|(?:docker-)?entrypoint|(?:start|run|launch)(?:[-_.](?!.*\.)[\w-]*)?|.*celery[\w-]*"
)
_MAKEFILE = re.compile(r"(?:GNU)?[Mm]akefile|.*\.mk|.*\.mak")
_REQUIREMENTS = re.compile(r".*requirements.*\.(?:txt|in|pip)|setup\.cfg|pyproject\.toml|Pipfile", re.IGNORECASE)
_REQUIREMENTS_FOLDER = re.compile(r"(?:.*/)?requirements/[^/]*\.(?:txt|in|pip)")
_VALUES = re.compile(r"values.*\.ya?ml|.*[._-]values\.ya?ml", re.IGNORECASE)

_ENVIRONMENT = re.compile(
    r"\.env(?:[._-][\w.-]+)?|[\w.-]+\.env(?:\.[\w-]+)?|env\.(?:dist|example|local|prod|production|sample|template)"
)
_NO_ENVIRONMENT = re.compile(r".*\.(?:[jt]sx?|json|md|py|php|rb|html?|css|txt)")

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


def is_deployment_file(relative_path: str) -> bool:
    """Whether the name of a file says that it may start processes or list requirements."""
    return bool(_kind(relative_path.replace("\\", "/")))


def is_yaml(path: str) -> bool:
    """Whether a deployment file is one of YAML, by its name."""
    return _kind(path.replace("\\", "/")) in ("compose", "kubernetes", "helm")


def read_deployment(path: str, text: str) -> Deployment:
    """The facts of one deployment file. Never raises."""
    kind = _kind(path.replace("\\", "/"))
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


def _kind(path: str) -> str:
    """The kind of the file, by its name. "kubernetes" is any YAML that nothing else is."""
    folder, _, name = path.rpartition("/")
    is_requirements = _REQUIREMENTS.fullmatch(name) or _REQUIREMENTS_FOLDER.fullmatch(path)
    if is_requirements:
        return "requirements"
    base = _TEMPLATE_SUFFIX.sub("", name)
    if _COMPOSE.fullmatch(base):
        return "compose"
    if _YAML.fullmatch(base):
        if _NO_MANIFEST.match(base) or _is_hidden(folder):
            return ""
        return "helm" if _VALUES.fullmatch(base) else "kubernetes"
    if _PROCFILE.fullmatch(base):
        return "procfile"
    if _DOCKERFILE.fullmatch(base):
        return "dockerfile"
    if _SERVICE.fullmatch(base):
        return "systemd"
    if _SUPERVISOR.fullmatch(base):
        return "supervisor"
    if _MAKEFILE.fullmatch(base):
        return "make"
    if _ENVIRONMENT.fullmatch(name) and not _NO_ENVIRONMENT.fullmatch(name):
        return "environment"
    return "shell" if _SHELL.fullmatch(base) else ""


def _is_hidden(folder: str) -> bool:
    """Whether a folder holds the workflows of a code host."""
    return any(part in (".github", ".circleci", ".gitlab") for part in folder.split("/"))


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

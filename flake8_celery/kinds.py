"""Which files say how an application is deployed, by their names."""

from __future__ import annotations

import re

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
_PLAIN = frozenset({
    ".css", ".gif", ".graphql", ".html", ".jpg", ".js", ".json", ".jsx", ".md", ".mo", ".php", ".png", ".po", ".py",
    ".rb", ".rst", ".scss", ".snap", ".svg", ".ts", ".tsx",
})  # fmt: skip
"""How most files end. One of them says how something is deployed only if its name begins or goes on like these."""
_UNLIKE = re.compile(r"(?i:procfile|dockerfile|containerfile)|start|run|launch|env\.|.*\.env")


def may_be_deployment_file(name: str) -> bool:
    """Whether the end of a file's name leaves that open: that of most files does not."""
    return name[name.rfind(".") :] not in _PLAIN or _UNLIKE.match(name) is not None


def is_deployment_file(relative_path: str) -> bool:
    """Whether the name of a file says that it may start processes or list requirements."""
    return bool(kind_of(relative_path.replace("\\", "/")))


def is_yaml(path: str) -> bool:
    """Whether a deployment file is one of YAML, by its name."""
    return kind_of(path.replace("\\", "/")) in ("compose", "kubernetes", "helm")


def kind_of(path: str) -> str:
    """The kind of the file, by its name. "kubernetes" is any YAML that nothing else is."""
    folder, _, name = path.rpartition("/")
    if not may_be_deployment_file(name):
        return ""
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

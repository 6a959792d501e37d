"""Which processes are started: schedulers that run twice, programs and packages that Celery left behind."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from ..knowledge.schedulers import DEFAULT, WITHOUT_LOCK
from ..model import Command, Const, Expr, Finding, Items, Mention, Module, Name, Op, Scope
from ..rule import DeploymentFinding, deployment_rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

# --- CEL703

_ENVIRONMENTS = frozenset(
    {
        *("dev", "development", "local", "test", "testing", "ci", "qa", "uat", "demo", "sandbox", "stage", "staging"),
        *(
            "preprod",
            "preview",
            "prod",
            "production",
            "live",
            "blue",
            "green",
            "canary",
            "eu",
            "us",
            "uk",
            "de",
            "asia",
        ),
    }
)
_LOCK = re.compile(r"lock|leader|acquire|lease|elect", re.IGNORECASE)
_WHERE_IT_WORKS = re.compile(
    r"BROKER|REDIS|RABBIT|AMQP|SETTINGS|CELERY_APP|CELERY_CONFIG|TENANT|NAMESPACE|DATABASE|(^|_)ENV(IRONMENT)?$|^env_file$"
)


@deployment_rule("CEL703")
def multiple_beats(project: Project) -> Iterator[DeploymentFinding]:
    """Schedulers that send the same schedule: copies of one process, or several processes."""
    groups: dict[tuple[str, ...], list[Command]] = defaultdict(list)
    if _locks_itself(project):
        return
    for command in project.deployment.commands:
        if not _schedules(command) or not _is_started(command) or _scheduler(project, command) not in WITHOUT_LOCK:
            continue
        message = _copies(command)
        if message:
            yield DeploymentFinding(command, message)
        elif command.kind != "dockerfile":
            groups[_together(command)].append(command)
    for commands in groups.values():
        yield from _beside_each_other(project, [c for c in commands if not _is_choice(project, c)])


def _locks_itself(project: Project) -> bool:
    """Whether a receiver of beat's signals takes a lock."""
    for module in project.modules:
        if any(i.target.startswith("celery.signals.beat_") for scope in module.scopes for i in scope.imports):
            words = [scope.name for scope in module.functions]
            words += [call.attr or "" for scope in module.scopes for call in scope.calls]
            if any(_LOCK.search(word) for word in words):
                return True
    return False


def _schedules(command: Command) -> bool:
    """Whether the process sends what is due: a beat, or a worker that embeds one."""
    if command.option("--help") is not None:
        return False
    return command.program == "beat" or (command.program == "worker" and command.option("--beat") is not None)


def _is_started(command: Command) -> bool:
    """Whether the process certainly belongs to what the file starts: alternatives and what is switched off do not."""
    variants = command.variant.split()
    return not command.uncertain and command.replicas != 0 and all(v.startswith("profile:") for v in variants)


def _is_choice(project: Project, command: Command) -> bool:
    """Whether a Procfile offers the process instead of others: a worker with a beat beside one without, which would do
    for the work itself. The processes of a Procfile are started by name."""
    return (
        command.kind == "procfile"
        and command.program == "worker"
        and any(
            c.path == command.path and c.program == "worker" and not _schedules(c) and _app(c.app) == _app(command.app)
            for c in project.deployment.commands
        )
        and "beat" in command.service.lower()
    )


def _scheduler(project: Project, command: Command) -> str:
    """The dotted name of the scheduler, "" where it is not known."""
    # A worker's -S is its state file, but whoever gives it a scheduler believes to have one.
    given = command.option("--scheduler")
    if given is None and "redbeat" in (command.option("--statedb") or "").lower():
        return ""
    if given is None:
        setting = project.setting(None, "beat_scheduler")
        if setting.is_unset:
            return DEFAULT
        given = setting.value if setting.is_set and isinstance(setting.value, str) else ""
    return given.replace(":", ".")


def _name(command: Command) -> str:
    return f"`{command.service}`" if command.service else f"the `{command.program}`"


def _copies(command: Command) -> str:
    """What to say of a process that is started several times."""
    what = f"each copy of the worker {_name(command)} embeds a beat (`-B`)" if command.program == "worker" else ""
    if command.replicas is not None and command.replicas > 1:
        if what:
            return f"{what}: its {command.replicas} copies send every scheduled task {command.replicas} times"
        number = command.replicas
        return f"beat {_name(command)} is started {number} times: every scheduled task is sent {number} times"
    if command.autoscaled:
        if what:
            return f"{what} and their number is not fixed: every scheduled task is sent once for each copy"
        return f"the number of copies of beat {_name(command)} is not fixed: each sends every scheduled task"
    return ""


def _together(command: Command) -> tuple[str, ...]:
    """Commands with the same key are started together."""
    if command.kind == "kubernetes":
        namespace = command.service.rpartition("/")[0]
        return ("kubernetes", posixpath.dirname(command.path), namespace, command.variant)
    if command.kind in ("shell", "make"):
        return (command.kind, command.path, command.service, command.variant)
    return (command.kind, command.path, command.variant)


def _beside_each_other(project: Project, commands: list[Command]) -> Iterator[DeploymentFinding]:
    """Each scheduler beside one that stands for the same app; of two, the embedded one is the one to give up."""
    commands = sorted(commands, key=lambda c: (c.program == "worker", c.path, c.span.line, c.span.column))
    for index, command in enumerate(commands):
        for first in commands[:index]:
            if _same_schedule(project, first, command):
                where = f"line {first.span.line}" if first.path == command.path else f"{first.path}:{first.span.line}"
                what = "the worker embeds a second beat (`-B`)" if command.program == "worker" else "a second beat"
                yield DeploymentFinding(
                    command, f"{what} beside {_name(first)} ({where}): every scheduled task is sent once by each"
                )
                break


def _same_schedule(project: Project, first: Command, second: Command) -> bool:
    if first.path != second.path and (first.program == second.program or first.service == second.service):
        return False  # two files of a folder may be two environments
    return (
        _app(first.app) == _app(second.app)
        and first.image == second.image
        and _scheduler(project, first) == _scheduler(project, second)
        and _environment_words(first.service) == _environment_words(second.service)
        and not _differ(dict(first.environment), dict(second.environment))
        and (first.option("--workdir"), first.option("--config"))
        == (second.option("--workdir"), second.option("--config"))
    )


def _app(app: str | None) -> str:
    """`proj`, `proj.celery` and `proj.celery:app` are names of one app."""
    return re.sub(r"(\.celery(_app)?)?([.:](celery|app|celery_app))?$", "", app or "")


def _environment_words(service: str) -> frozenset[str]:
    return _ENVIRONMENTS.intersection(re.split(r"[^a-z]+", service.lower()))


def _differ(first: dict[str, str], second: dict[str, str]) -> bool:
    """Whether two processes look for their work in different places."""
    return any(_WHERE_IT_WORKS.search(key) and second.get(key, value) != value for key, value in first.items())


# --- CEL810

_INSTEAD = {
    "celeryd": "`celery worker`",
    "celeryd-multi": "`celery multi`",
    "celeryd_multi": "`celery multi`",
    "celeryd_detach": "`celery worker --detach`",
    "celerybeat": "`celery beat`",
    "celeryev": "`celery events`",
    "celeryctl": "`celery inspect` or `celery control`",
    "celerycam": "`celery events --camera`, or Flower",
    "celerymon": "Flower",
    "djcelerymon": "Flower",
    "camqadm": "`celery amqp`",
    "celery": "`celery -A proj`",
}
_PACKAGES = {
    "django-celery": "Celery supports Django without it",
    "celerymon": "use Flower",
    "django-kombu": "Celery 4 removed the Django transport, use a real broker",
}
_APPS = ("INSTALLED_APPS", "THIRD_PARTY_APPS", "DJANGO_APPS")
_MODULES = {"djcelery": "django-celery", "celerymon": "celerymon", "djkombu": "django-kombu"}


@deployment_rule("CEL810")
def companions_in_files(project: Project) -> Iterator[DeploymentFinding]:
    """Programs and packages of Celery 3 in deployment and requirements files."""
    for mention in project.deployment.mentions:
        if mention.kind == "requirement":
            yield DeploymentFinding(mention, _package(mention.word))
        elif not _is_own_command(project, mention):
            name = mention.word.rpartition(" ")[2]
            yield DeploymentFinding(
                mention, f"`{mention.word}` does not exist since Celery 4: use {_INSTEAD.get(name, '`celery`')}"
            )


def _package(name: str, written: str = "") -> str:
    what = f"`{written}` is part of `{name}`, which" if written else f"`{name}`"
    return f"{what} ended with Celery 3: {_PACKAGES[name]}"


def _is_own_command(project: Project, mention: Mention) -> bool:
    """Whether the project has a management command of that name itself."""
    manage, _, name = mention.word.rpartition(" ")
    if not manage:
        return False
    own = f"management/commands/{name}.py"
    return any(path.endswith(own) for path in project.index.tree.python)


@rule("CEL810")
def abandoned_companion(module: Module, project: Project) -> Iterator[Finding]:
    """Imports of packages that ended with Celery 3, and their entries in INSTALLED_APPS."""
    lines: set[int] = set()
    for scope in module.scopes:
        for imported in scope.imports:
            package = _abandoned(project, module, imported.loads)
            if package and imported.span.line not in lines and not _is_optional(scope, imported.block):
                lines.add(imported.span.line)
                yield Finding(imported.span, _package(package, imported.loads.partition(".")[0]))
    for assign in module.body.assigns:
        if isinstance(assign.target, Name) and assign.target.id in _APPS:
            for text in _strings(assign.value):
                package = _abandoned(project, module, text)
                if package:
                    yield Finding(assign.span, _package(package, text))


def _abandoned(project: Project, module: Module, dotted: str) -> str | None:
    """The abandoned distribution that an import name belongs to, unless the project has a module of that name."""
    name = dotted.partition(".")[0]
    return _MODULES.get(name) if name and not project.has_module(name, module) else None


def _is_optional(scope: Scope, block: int) -> bool:
    """Whether the import stands in a `try` or a condition: the project copes without the package."""
    return any(b.kind in ("try", "except", "if", "else") for _, b in scope.around(block))


def _strings(expr: Expr) -> Iterator[str]:
    """The strings of a list, also of one that is added up."""
    if isinstance(expr, Items):
        for item in expr.items:
            if isinstance(item, Const) and isinstance(item.value, str):
                yield item.value
    elif isinstance(expr, Op) and expr.operator == "+":
        for operand in expr.operands:
            yield from _strings(operand)

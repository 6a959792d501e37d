"""Words of a command line that Celery refuses, or that contradict each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..knowledge.celery_cli import GLOBAL, OPTIONS, SUBCOMMANDS
from ..rule import DeploymentFinding, deployment_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Command
    from ..project import Project

# --- CEL828

_MOVED = frozenset(GLOBAL) - {"--help", "-h", "--version"}
"""Options that stand before the sub-command since Celery 5; no sub-command has one of these names for its own."""
_PATIENT = frozenset({"multi", "flower"})
"""Sub-commands that start all the same: Flower without the application, which its environment may make up for."""


@deployment_rule("CEL828")
def old_cli_order(project: Project) -> Iterator[DeploymentFinding]:
    """Options of `celery` itself that are written behind its sub-command."""
    version = project.celery_version()
    if version is not None and version.is_before(5):
        return
    for command in project.deployment.commands:
        program, option = misplaced(command)
        if not option:
            continue
        yield DeploymentFinding(
            command,
            f"Celery 5 refuses `{option}` behind `{program}`, so the process does not start: "
            f"write `celery {option} ... {program}`",
        )


def misplaced(command: Command) -> tuple[str, str]:
    """The sub-command, and the first option that must stand before it; "" where there is none."""
    words = iter(command.argv[1:])
    for word in words:
        if not word.startswith("-"):
            break
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        takes_value = GLOBAL.get(name, ("", False))[1]
        if takes_value and word in (name, name[:2]):
            next(words, None)
    else:
        return "", ""
    program = word
    if program not in SUBCOMMANDS or program in _PATIENT:
        return "", ""
    own = OPTIONS.get(program, {})
    for word in words:
        if word == "--":
            break
        name = word.partition("=")[0]
        if name in _MOVED or (word[:2] in _MOVED and word[1:2] != "-" and word[:2] not in own):
            return program, name if name in _MOVED else word[:2]
        if own.get(word, ("", False))[1]:
            next(words, None)
    return "", ""


# --- CEL835

_NUMBERS = re.compile(r"([0-9]+)(?:,([0-9]+))?")
_UNSCALED = {"threads": "the worker dies when it is to grow", "solo": "the pool never grows"}


@deployment_rule("CEL835")
def conflicting_pool_options(project: Project) -> Iterator[DeploymentFinding]:
    """Options of a worker of which one takes the other's effect away, or ends the worker."""
    own_scaler = bool(project.apps) and not project.setting(None, "worker_autoscaler").is_unset
    for command in project.deployment.commands:
        if command.program != "worker":
            continue
        conflict = _conflict(command, own_scaler=own_scaler)
        if conflict:
            yield DeploymentFinding(command, conflict)


def _conflict(command: Command, *, own_scaler: bool) -> str:
    pool = command.option("--pool") or ""
    given, scaled = command.option("--concurrency"), command.option("--autoscale")
    size = int(given) if given is not None and given.isascii() and given.isdecimal() else None
    numbers = _NUMBERS.fullmatch(scaled or "")
    if scaled is None:
        if pool == "solo" and size is not None and size > 1:
            return f"the solo pool runs one task at a time: `--concurrency {size}` has no effect"
        return ""
    if numbers is None or own_scaler:
        return ""
    most, least = sorted((int(numbers[1]), int(numbers[2] or 0)), reverse=True)
    if pool == "threads" and most > max(least, 1):
        return (
            f"the threads pool cannot grow: `--autoscale {scaled}` ends the worker with AttributeError as soon as "
            "more tasks wait than threads run"
        )
    if pool == "solo" and most > 1:
        return f"the solo pool runs one task at a time: `--autoscale {scaled}` has no effect"
    if size is not None and size not in (most, least) and pool in ("", "prefork", "processes"):
        return f"`--autoscale {scaled}` decides how many processes there are: `--concurrency {size}` has no effect"
    return ""

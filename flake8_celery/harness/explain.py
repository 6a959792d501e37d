"""Which findings of the linter foretell what a fault did: the loop from what is read to what is seen is closed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config import ConfigError
from ..lint import Diagnostic, Linter, Selection
from ..model import Task
from ..project import Project
from ..source import SourceError
from .outcome import Because, Outcome, Report
from .verdict import Verdict

_LOST_MESSAGE = ("CEL307", "CEL309", "CEL904")
_SECOND_RUN = ("CEL308", "CEL903")
_RULES: dict[tuple[str, Verdict], tuple[str, ...]] = {
    **{(fault, "lost"): _LOST_MESSAGE for fault in ("kill", "deploy_group")},
    **{(fault, "lost"): ("CEL309", "CEL904") for fault in ("kill_worker", "deploy")},
    **{
        (fault, "doubled"): _SECOND_RUN
        for fault in ("kill", "kill_worker", "deploy", "deploy_group", "twice", "race", "broker_restart", "backend")
    },
    ("network", "lost"): ("CEL301", "CEL303", "CEL304", "CEL305", "CEL306"),
    ("network", "doubled"): _SECOND_RUN,
    ("hang", "stuck"): ("CEL401", "CEL402", "CEL403", "CEL410", "CEL412"),
    ("hang", "lost"): ("CEL301", "CEL307", "CEL412"),
    ("hang", "doubled"): _SECOND_RUN,
    ("backend", "lost"): ("CEL309",),
}
_PROJECT_WIDE = frozenset({"CEL307", "CEL401", "CEL410"})
"""Reported once for the whole project, at the setting or the app, where it concerns every task."""
_MEANT = {"CEL903": "twice"}
"""Rules with several messages, and the word of those that are meant."""
_CODES = tuple(sorted({code for codes in _RULES.values() for code in codes}))


def explained(report: Report, info: Mapping[str, Any]) -> Report:
    """The report with the findings that explain its failures. A project that cannot be linted explains nothing."""
    if report.survived:
        return report
    try:
        found = list(_findings(report, str(info["file"]), int(info["line"])))
    except (ConfigError, SourceError):
        return report
    return replace(report, outcomes=tuple(_explain(outcome, found) for outcome in report.outcomes))


def _explain(outcome: Outcome, found: list[Because]) -> Outcome:
    codes = _RULES.get((outcome.fault, outcome.verdict), ())
    return replace(
        outcome,
        because=tuple(
            reason for reason in found if reason.code in codes and _MEANT.get(reason.code, "") in reason.message
        ),
    )


def _findings(report: Report, file: str, line: int) -> Iterator[Because]:
    """The findings about the task: in its declaration, in the functions it ran, or about all tasks."""
    linter = Linter(Selection(_CODES), use_cache=False)
    root = linter.root(report.root)
    project = linter.project(report.root)
    task = _task(project, report.task, file, line)
    if task is None:
        return
    own = {(task.module.path, number) for number in _lines_of(task)}
    for function in report.functions:
        path = os.path.relpath(function.file, root)
        own |= {(path, point.line) for point in function.points} | {(path, function.line)}
    others = {
        (other.module.path, number)
        for other in project.tasks
        if other.function is not task.function
        for number in _lines_of(other)
    }
    names = {f"`{task.function.name}`", f"`{report.task}`"}
    for path in sorted({task.module.path, *(path for path, _ in own), *(m.path for m in project.modules)}):
        for diagnostic in _lint(linter, root / path):
            at = (path, diagnostic.span.line)
            elsewhere = diagnostic.code in _PROJECT_WIDE and at not in others
            if at in own or elsewhere or any(name in diagnostic.message for name in names):
                shown = os.path.relpath(root / path, report.root)
                yield Because(diagnostic.code, diagnostic.message, shown, diagnostic.span.line)


def _lint(linter: Linter, path: Path) -> list[Diagnostic]:
    try:
        return linter.lint_file(path)
    except SourceError:
        return []


def _task(project: Project, name: str, file: str, line: int) -> Task | None:
    """The task as the linter knows it: by its name, else by where its function is."""
    for task in project.tasks:
        if task.name == name:
            return task
    for task in project.tasks:
        if os.path.realpath(project.root / task.module.path) == os.path.realpath(file) and line in _lines_of(task):
            return task
    return None


def _lines_of(task: Task) -> range:
    """The lines of the task's declaration, from the decorator to the function's name."""
    return range(min(task.span.line, task.function.span.line), task.function.span.line + 1)

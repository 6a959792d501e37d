"""Linting the files of a project in several processes that are forked off this one.

What a rule finds out about the whole project takes longer than what it then says about one file. So rules are shared
out, not files: each process asks the rules that it takes about all of them. A file that any rule fails in is left to
whoever asks for it, and so is all where something goes wrong.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from . import forks
from .board import Board
from .diagnostics import check_module, in_order
from .memo import diagnostic_of, learned, packed
from .parallel import processes
from .rule import checks

if TYPE_CHECKING:
    from .diagnostics import Diagnostic, Selection
    from .model import Module
    from .project import Project
    from .rule import Check

FEWEST = 10
"""Files that concern Celery, for each process: looking at fewer takes less time than to fork one."""


def lint(
    project: Project, selection: Selection, wanted: Collection[str], jobs: int | None
) -> dict[str, list[Diagnostic]]:
    """What is found in the files with these paths, where they are enough to share the work; of those for which a rule
    raises an exception, nothing."""
    modules = [module for module in project.modules if module.path in wanted]
    # configurations need not have a word of Celery; whoever looks for them afterwards has to find out much anew
    others = sorted(path for path in wanted if not project.concerns(path) and not project.index.is_test(path))
    modules += [module for module in map(project.module, others) if module is not None]
    count = min(processes(jobs), len(modules) // FEWEST)
    if count < 2 or project.index.store is None or not forks.possible():
        return {}
    _ = project.tasks
    work = _Work(project, selection, modules)
    try:
        with Board(project.index.store) as board:
            project.index.board = board
            shared = forks.share(len(work.rules), count, work.do, work.tell)
            board.absorb()
    except OSError:
        return {}
    finally:
        project.index.board = None
    for number in shared.undone:
        work.do(number)
    for told in shared.told:
        work.hear(told)
    return work.all()


class _Work:
    """The pieces are the rules, each asked about all modules."""

    def __init__(self, project: Project, selection: Selection, modules: Sequence[Module]) -> None:
        self.rules = [(code, check) for code, check in checks().items() if selection.enabled(code)]
        self._project = project
        self._modules = modules
        self._found: defaultdict[str, list[Diagnostic]] = defaultdict(list)
        self._failed: set[str] = set()
        self._process = os.getpid()

    def do(self, number: int) -> None:
        # whoever comes from the other end has read other files first
        for module in self._modules if os.getpid() == self._process else reversed(self._modules):
            self._ask(*self.rules[number], module)

    def _ask(self, code: str, check: Check, module: Module) -> None:
        try:
            self._found[module.path] += check_module(code, check, module, self._project)
        except Exception:  # noqa: BLE001  # whoever asks for the file is told
            self._failed.add(module.path)

    def tell(self) -> bytes:
        index = self._project.index
        said = {
            "found": {path: [packed(d) for d in several] for path, several in self._found.items() if several},
            "failed": sorted(self._failed),
            "seen": index.seen,
            "questions": learned(self._project),
        }
        return json.dumps(said, separators=(",", ":")).encode("ascii")

    def hear(self, told: bytes) -> None:
        """Take over what another process has told."""
        said = json.loads(told)
        for path, several in said["found"].items():
            self._found[path] += [diagnostic_of(path, item) for item in several]
        self._failed.update(said["failed"])
        self._project.index.seen.update(said["seen"])
        self._project.index.questions.absorb(said["questions"])

    def all(self) -> dict[str, list[Diagnostic]]:
        """What is found, by the paths of the files."""
        asked = (module.path for module in self._modules if module.path not in self._failed)
        return {path: in_order(self._found[path]) for path in asked}

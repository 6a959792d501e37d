"""Real defects from public fixes and threads, each rewritten as a small project: what the linter is measured with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flake8_celery import diagnostics, lint
from tests.pages import FENCE

FOLDER = Path(__file__).parent / "recall"
MARK = re.compile(r"\s*# (CEL[0-9]{3}|none)$")


@dataclass
class Defect:
    """A file of `tests/recall`; `places` are the lines that a reader would point at."""

    path: Path
    head: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    places: set[tuple[str, int]] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def code(self) -> str:
        """The rule that should find it: the rule may not exist, and `none` has not even been planned."""
        return self.head["expected"]

    @property
    def missed(self) -> str:
        """Why it is not found, or nothing."""
        return self.head.get("missed", "")

    def findings(self, folder: Path) -> set[tuple[str, str, int]]:
        """The code, path and line of everything that is reported, policies included."""
        for path, text in self.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        (folder / "setup.cfg").touch()
        project = lint.open_project(folder, use_cache=False)
        selection = lint.Selection(extend_select=("CEL9",))
        found = list(diagnostics.lint_deployment(project, selection))
        for path in sorted(project.index.tree.python):
            module = project.module(path)
            assert module is not None, f"{path} cannot be parsed: {project.index.problems.get(path)}"
            found.extend(diagnostics.lint_module(module, project, selection))
        return {(diagnostic.code, diagnostic.path, diagnostic.span.line) for diagnostic in found}

    def is_found(self, findings: set[tuple[str, str, int]]) -> bool:
        return all((self.code, *place) in findings for place in self.places)


def defects() -> Iterator[Defect]:
    for path in sorted(FOLDER.glob("*.md")):
        yield _read(path)


def _read(path: Path) -> Defect:
    _, head, body = path.read_text("utf-8").split("---\n", 2)
    defect = Defect(path, dict(line.split(": ", 1) for line in head.splitlines()))
    name: str | None = None
    lines: list[str] = []
    for line in body.splitlines():
        opening = FENCE.fullmatch(line)
        if name is not None and line == "```":
            defect.files[name] = "".join(f"{kept}\n" for kept in lines)
            name = None
        elif name is None and opening:
            name, lines = opening[3], []
        elif name is not None:
            if MARK.search(line):
                defect.places.add((name, len(lines) + 1))
                line = MARK.sub("", line)  # noqa: PLW2901  # the linter must not see the answer
            lines.append(line)
    assert name is None
    assert defect.places, path
    return defect

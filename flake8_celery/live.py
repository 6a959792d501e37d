"""Linting while files change under the linter's hands: unsaved buffers, saved files, renamed folders, new settings."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config, ConfigError
from .config import load as load_config
from .discovery import ROOT_MARKERS, WEAK_ROOT_MARKERS, walk
from .lint import Diagnostic, Linter, open_project
from .opened import Opened
from .project import Project
from .slices import Slices, facts_of
from .source import SourceError, decode

if TYPE_CHECKING:
    from .baseline import Baseline
    from .fixes import Fix


class LiveLinter(Linter):
    """A linter whose projects stay open and follow what happens to their files.

    A buffer stands for its file, in all that is said about the project. `complain` is told, once for each message,
    what is wrong with a project's configuration: the last good one stays in force, or else the defaults.
    """

    def __init__(
        self,
        *,
        use_cache: bool = True,
        exclude: Sequence[str] = (),
        override: Callable[[Config], Config] | None = None,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(use_cache=use_cache, exclude=exclude, override=override)
        self._complain = complain
        self._projects: dict[Path, Project] = {}
        self.opened = 0
        """How many projects have been read."""
        self._buffers: dict[Path, bytes] = {}
        self._slices: dict[Path, Slices] = {}
        self._configs: dict[Path, Config] = {}
        self._complaints: dict[Path, str] = {}
        self._deployment: dict[Path, tuple[Project, list[Diagnostic]]] = {}

    # --- projects

    def project(self, path: Path) -> Project:
        root = self.root(path)
        project = self._projects.get(root)
        if project is None:
            project = open_project(root, self._configuration(root), self._exclude, self._use_cache)
            self._warm(project)
            self._projects[root] = project
            self.opened += 1
            self._hold(project)
        return project

    def _open(self, path: Path, *, recall: bool = True) -> Opened:  # noqa: ARG002
        return Opened.of(self.project(path))

    def _hold(self, project: Project) -> None:
        """Let buffers stand for their files, where they differ from them."""
        for path, data in self._buffers.items():
            relative = _below(path, project.root)
            if relative is not None and self.root(path) == project.root and not self._reads(project, relative, data):
                with contextlib.suppress(SourceError):
                    self._overlay(project, relative, data)

    def _configuration(self, root: Path) -> Config:
        try:
            config = load_config(root)
            if self._override is not None:
                config = self._override(config)
        except ConfigError as error:
            self._say(root, str(error))
            return self._configs.get(root, Config())
        self._complaints.pop(root, None)
        self._configs[root] = config
        return config

    def baseline(self, opened: Opened) -> Baseline | None:
        try:
            return super().baseline(opened)
        except ConfigError as error:
            self._say(opened.root, str(error))
            return None

    def _say(self, root: Path, message: str) -> None:
        if self._complaints.get(root) != message:
            self._complaints[root] = message
            self._complain(message)

    # --- buffers

    def change(self, path: Path, data: bytes) -> bool:
        """Use `data` for the file until `close`; whether other files may be seen otherwise now. Raises SourceError
        where it does not parse: what the project sees of the file stays as it was."""
        path = _real(path)
        project = self.project(path)
        if self._buffers.get(path) == data:
            return False
        relative = _below(path, project.root)
        if relative is not None and not self._reads(project, relative, data):
            if self._overlay(project, relative, data):
                self._projects[project.root] = Project(project.index, project.config)
            else:
                self._projects[project.root] = Project(project.index, project.config, project, relative)
            affected = True
        else:
            affected = False
        self._buffers[path] = data
        return affected

    @staticmethod
    def _reads(project: Project, relative: str, data: bytes) -> bool:
        """Whether the project has the same text for the file."""
        try:
            return project.index.data(relative) == data
        except SourceError:
            return False

    def _overlay(self, project: Project, relative: str, data: bytes) -> bool:
        """False where nothing but the file's own facts and text has changed."""
        module = None
        if relative.endswith(".py"):
            slices = self._slices.setdefault(project.root / relative, Slices())
            module = facts_of(decode(relative, data), slices)
        return project.index.overlay(relative, data, module)

    def close(self, path: Path) -> bool:
        """Take the file from the disk again; whether other files may be seen otherwise now."""
        path = _real(path)
        root = self.root(path)
        self._slices.pop(path, None)
        if self._buffers.pop(path, None) is None or root not in self._projects:
            return False
        relative = _below(path, root)
        if relative is not None:
            self._projects[root].index.restore(relative)
        return self.reload(root, [path])

    # --- files

    def saved(self, paths: Iterable[Path]) -> bool:
        """Files were written, created, renamed or deleted; whether anything may be seen otherwise now."""
        paths = [_real(path) for path in paths]
        if any(path.name in (*ROOT_MARKERS, *WEAK_ROOT_MARKERS) for path in paths):
            self._roots.clear()
            for root in [root for root in self._projects if self.root(root) != root]:
                del self._projects[root]
        else:
            self._roots = {folder: root for folder, root in self._roots.items() if folder.exists()}
        affected = False
        for root in [root for root in self._projects if any(path.is_relative_to(root) for path in paths)]:
            affected |= self.reload(root, paths)
        return affected

    def reload(self, root: Path, paths: Iterable[Path] = ()) -> bool:
        """Look at the project's files and configuration again; `paths` may have changed whatever their times say.
        Whether anything may be seen otherwise now."""
        project = self._projects.get(root)
        if project is None:
            return False
        self._baselines.clear()
        config = self._configuration(root)
        tree = walk(root, [*self._exclude, *config.exclude])
        changed = {relative for path in paths if (relative := _below(path, root)) is not None}
        renewed = self._projects[root] = Project(project.index.follow(tree, changed), config)
        self._hold(renewed)
        return True

    def finish(self) -> None:
        for project in self._projects.values():
            if project.index.store is not None:
                project.index.store.save()

    # --- findings

    def findings(self, path: Path) -> list[Diagnostic]:
        """What is found in a file as it stands, in its buffer or on disk, by the order of lines. Raises SourceError."""
        path = _real(path)
        project = self.project(path)
        if self.is_deployment(path):
            return [d for d in self._of_deployment(project) if Path(d.path) == path]
        return self.lint_file(path, self._buffers.get(path))

    def fixes(self, path: Path, findings: Iterable[Diagnostic]) -> dict[Diagnostic, Fix]:
        """The repairs of findings in a file, as it stands, that have one."""
        from .fixes import deployment_fixes_for, fixes_for

        path = _real(path)
        project = self.project(path)
        relative = _below(path, project.root)
        if relative is not None and self.is_deployment(path):
            inside = {replace(found, path=relative): found for found in findings}
            made = deployment_fixes_for(project.index.data(relative), project, inside)
            return {inside[found]: fix for found, fix in made.items()}
        module = project.module(relative) if relative is not None else None
        if relative is None or module is None:
            return {}
        return fixes_for(project.index.data(relative), module, project, findings)

    def repaired(self, path: Path, *, unsafe: bool = False) -> dict[Path, str]:
        """The texts of the files that the repairs of what is found in one file change. Nothing stays of the attempts.

        Raises SourceError where the file cannot be read.
        """
        from .fixes.engine import repair

        path = _real(path)
        root = self.project(path).root
        relative = _below(path, root)
        if relative is None:
            return {}
        before: dict[str, bytes | None] = {}

        def put(texts: Mapping[str, bytes]) -> None:
            for name in {**before, **texts}:
                file = root / name
                held = before.setdefault(name, self._buffers.get(file))
                data = texts.get(name, held)
                if data is None:
                    self.close(file)
                else:
                    self.change(file, data)

        def look(texts: Mapping[str, bytes]) -> tuple[list[Diagnostic], dict[Diagnostic, Fix]]:
            put(texts)
            found = self.findings(path)
            return found, self.fixes(path, found)

        try:
            outcome = repair(relative, self.project(path).index.data, look, unsafe)
        finally:
            put({})
        return {root / name: decode(name, data).text for name, data in outcome.texts.items()}

    def is_deployment(self, path: Path) -> bool:
        """Whether the project reads the file as a deployment file."""
        if path.suffix == ".py":
            return False
        relative = _below(path, self.root(path))
        return relative is not None and relative in self.project(path).index.tree.deployment

    def _of_deployment(self, project: Project) -> list[Diagnostic]:
        known = self._deployment.get(project.root)
        if known is not None and known[0] is project:
            return known[1]
        found = [replace(d, path=str(project.root / d.path)) for d in self._found_in_deployment(Opened.of(project))]
        self._deployment[project.root] = (project, found)
        return found


def _real(path: Path) -> Path:
    """The path by which a project knows the file: links in the folders above it are followed, the file's own is not."""
    return Path(os.path.realpath(path.parent)) / path.name


def _below(path: Path, root: Path) -> str | None:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return None

"""The only way into the engine: a file and its project in, findings out."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config
from .config import load as load_config
from .index import Index, is_test_path
from .model import Edit, Module, Span
from .source import SourceError, Suppressions, concerns_celery, decode, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from .project import Project

_LOCK_SECONDS = 60.0
_SETTINGS = re.compile(rb"^(?:task|worker|beat|broker|result)_\w+[ \t]*[:=]", re.MULTILINE)
"""A configuration module names Celery's settings, but not Celery."""
_DECORATOR = re.compile(rb"^[ \t]*@(?!property|staticmethod|classmethod|pytest|dataclass|override)", re.MULTILINE)
"""Only the project can tell whether a decorator makes a task."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding in its file. `path` is as the caller names it."""

    code: str
    message: str
    path: str
    span: Span
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be read."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which codes are reported: prefixes, the longest that matches decides; at equal length `ignore` wins. Rules of
    family 9 need a prefix that names the family."""

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def enabled(self, code: str) -> bool:
        chosen = [p for p in (*(self.select or ("CEL",)), *self.extend_select) if code.startswith(p)]
        if code.startswith("CEL9"):
            chosen = [p for p in chosen if p.startswith("CEL9")]
        if not chosen:
            return False
        dropped = [p for p in self.ignore if code.startswith(p)]
        return not dropped or max(map(len, chosen)) > max(map(len, dropped))


def lint_module(module: Module, project: Project, selection: Selection) -> list[Diagnostic]:
    """What the enabled rules report in the module's own text, in the order of lines; suppressions are not looked at."""
    from .rule import checks

    if project.is_test(module):
        return []
    found = []
    for code, check in checks().items():
        if selection.enabled(code):
            for finding in check(module, project):
                found.append(Diagnostic(code, finding.message, module.path, finding.span, finding.edits))
    return sorted(set(found), key=_order)


def lint(module: Module, project: Project, selection: Selection) -> list[Diagnostic]:
    """What `lint_module` reports, and at the construction of the app what deployment files get wrong: flake8 can
    report in Python files only."""
    found = lint_module(module, project, selection)
    for app in project.apps:
        if app.module is module and app is project.apps[0]:
            for diagnostic in lint_deployment(project, selection):
                message = f"{diagnostic.message} ({diagnostic.path}:{diagnostic.span.line})"
                found.append(Diagnostic(diagnostic.code, message, module.path, app.call.span))
    return sorted(set(found), key=_order)


def lint_deployment(project: Project, selection: Selection) -> list[Diagnostic]:
    """What the enabled rules report in deployment files, at their lines."""
    from .rule import deployment_checks

    found = []
    for code, check in deployment_checks().items():
        if selection.enabled(code):
            for finding in check(project):
                found.append(Diagnostic(code, finding.message, finding.at.path, finding.at.span))
    return sorted(set(found), key=_order)


def _order(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    return diagnostic.path, diagnostic.span.line, diagnostic.span.column, diagnostic.code


def open_project(
    root: Path, config: Config | None = None, exclude: Sequence[str] = (), use_cache: bool = True
) -> Project:
    """The project at `root`, its files listed but not yet read."""
    from .discovery import walk
    from .project import Project

    config = config if config is not None else load_config(root)
    tree = walk(root, [*exclude, *config.exclude])
    store = None
    if use_cache:
        from .cache import Store

        store = Store.open(root)
    return Project(Index(root, tree, store), config)


class Linter:
    """One run over any number of files: each project is opened once.

    `selection` is that of the command line (or flake8); a project's own configuration applies where it is None.
    `for_flake8` leaves `# noqa` to flake8, and reports what deployment files get wrong at the construction of the app.
    Raises ConfigError where a project's configuration is wrong.
    """

    def __init__(
        self,
        selection: Selection | None = None,
        *,
        use_cache: bool = True,
        exclude: Sequence[str] = (),
        config: Config | None = None,
        override: Callable[[Config], Config] | None = None,
        for_flake8: bool = False,
    ) -> None:
        self._selection = selection
        self._for_flake8 = for_flake8
        self._use_cache = use_cache
        self._exclude = tuple(exclude)
        self._config = config
        self._override = override
        self._projects: dict[Path, Project] = {}
        self._roots: dict[Path, Path] = {}

    def root(self, path: Path) -> Path:
        """The root of the project that a file or folder belongs to."""
        from .discovery import find_root

        folder = path if path.is_dir() else path.parent
        known = self._roots.get(folder)
        if known is None:
            known = self._roots[folder] = find_root(path)
        return known

    def project(self, path: Path) -> Project:
        """The project of a file or folder."""
        root = self.root(path)
        project = self._projects.get(root)
        if project is None:
            config = self._config if self._config is not None else load_config(root)
            if self._override is not None:
                config = self._override(config)
            project = self._projects[root] = open_project(root, config, self._exclude, self._use_cache)
            self._warm(project)
        return project

    @staticmethod
    def _warm(project: Project) -> None:
        """Read the project; of several processes one does the work and the others take it from the cache."""
        store = project.index.store
        if store is None:
            project.index.scan()
            return
        with store.locked(_LOCK_SECONDS):
            store.reload()
            project.index.scan()
            if store.changed:
                # what rules will read beyond the files that concern Celery is read here too, once for all processes
                for task in project.tasks:
                    project.retries(task)
            store.forget(project.index.tree.python)
            store.save()

    def finish(self) -> None:
        """Keep what was read since the projects were opened."""
        for project in self._projects.values():
            if project.index.store is not None:
                project.index.store.save()

    def selection(self, project: Project) -> Selection:
        if self._selection is not None:
            return self._selection
        config = project.config
        return Selection(config.select, config.extend_select, config.ignore)

    def lint_file(self, path: Path, data: bytes | None = None, display: str | None = None) -> list[Diagnostic]:
        """The findings of a Python file, `# noqa` applied. `data` is used instead of what is on disk.

        Raises SourceError where the file cannot be read or parsed.
        """
        shown = display if display is not None else str(path)
        try:
            given = data
            if data is None:
                data = read(path)
            concerned = concerns_celery(data) or _SETTINGS.search(data) is not None
            if not concerned and _DECORATOR.search(data) is None:
                return []
            project = self.project(path)
            relative = self._relative(project, path)
            if not concerned and (relative is None or not project.concerns(relative)):
                return []
            if relative is None or is_test_path(relative):
                decode(shown, data)
                return []
            if given is not None and not self._same(project, relative, given):
                project = self._overlaid(project, relative, given)
            module = project.module(relative)
            if module is None:
                raise project.index.problems.get(relative) or SourceError(shown, 1, "cannot be read")
        except SourceError as error:
            raise SourceError(shown, error.line, error.message) from error
        run = lint if self._for_flake8 else lint_module
        found = run(module, project, self.selection(project))
        if not found:
            return []
        if self._for_flake8:
            return [Diagnostic(d.code, d.message, shown, d.span, d.edits) for d in found]
        suppressions = Suppressions(decode(shown, data).text)
        return [
            Diagnostic(d.code, d.message, shown, d.span, d.edits)
            for d in found
            if not suppressions.suppressed(d.span.line, d.code)
        ]

    @staticmethod
    def _same(project: Project, relative: str, data: bytes) -> bool:
        try:
            return project.index.data(relative) == data
        except SourceError:
            return False

    def _overlaid(self, project: Project, relative: str, data: bytes) -> Project:
        from .project import Project

        index = Index(project.root, project.index.tree, project.index.store)
        index.overlay(relative, data)
        return Project(index, project.config)

    @staticmethod
    def _relative(project: Project, path: Path) -> str | None:
        """The path within the project; files that the walk leaves out belong to it all the same when they are named."""
        try:
            real = Path(os.path.realpath(path.parent)) / path.name
            relative = real.relative_to(os.path.realpath(project.root)).as_posix()
        except ValueError:
            return None
        if relative not in project.index.tree.python:
            try:
                status = path.stat()
            except OSError:
                project.index.tree.python[relative] = (0, 0)
            else:
                project.index.tree.python[relative] = (status.st_mtime_ns, status.st_size)
        return posixpath.normpath(relative)

    def lint_deployment(self, root: Path) -> tuple[list[Diagnostic], list[Problem]]:
        """The findings in the deployment files of the project at `root`, and the files that could not be read."""
        project = self.project(root)
        found = []
        texts: dict[str, Suppressions] = {}
        for diagnostic in lint_deployment(project, self.selection(project)):
            if diagnostic.path not in texts:
                try:
                    text = (project.root / diagnostic.path).read_text("utf-8", "replace")
                except OSError:
                    text = ""
                texts[diagnostic.path] = Suppressions(text)
            if not texts[diagnostic.path].suppressed(diagnostic.span.line, diagnostic.code):
                path = str(project.root / diagnostic.path)
                found.append(Diagnostic(diagnostic.code, diagnostic.message, path, diagnostic.span))
        problems = [Problem(str(project.root / p), line, message) for p, line, message in project.deployment.problems]
        return found, problems

    def python_files(self, paths: Iterable[Path]) -> Iterator[Path]:
        """The Python files that the paths name: a file itself, and of a folder what belongs to a project.

        Raises FileNotFoundError for a path that does not exist.
        """
        from .discovery import walk

        seen: set[Path] = set()
        for path in paths:
            if not path.exists() and not path.is_symlink():
                raise FileNotFoundError(str(path))
            if not path.is_dir():
                files = [path]
            else:
                config = self._config if self._config is not None else load_config(self.root(path))
                files = [path / p for p in walk(path.resolve(), [*self._exclude, *config.exclude]).python]
            for file in files:
                if file not in seen:
                    seen.add(file)
                    yield file


__all__ = ["Diagnostic", "Linter", "Problem", "Selection", "lint", "lint_deployment", "lint_module", "open_project"]

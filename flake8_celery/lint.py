"""The only way into the engine: a file and its project in, findings out."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config
from .config import load as load_config
from .garbage import settled
from .index import Index
from .model import NOWHERE, Edit, Module, Span
from .source import SourceError, Suppressions, concerns_celery, decode, lines_of, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from .baseline import Baseline
    from .discovery import Tree
    from .fixes import Fix
    from .kept_repairs import KeptRepairs
    from .memo import Memo
    from .noqa import DeploymentSuppressions
    from .project import Project

_LOCK_SECONDS = 60.0
_SETTINGS = re.compile(
    rb"^(?:\xef\xbb\xbf)?(?:task|worker|beat|broker|result)_\w+[ \t]*[:=]"
    rb"|^[ \t]*(?:broker_url|BROKER_\w+|result_backend)[ \t]*[:=]"
    rb"|^[ \t]+(?:task_(?:always_eager|\w*time_lim\w*|acks_\w+|serializer)|worker_\w+)[ \t]*[:=]",
    re.MULTILINE,
)
"""A configuration module or class names Celery's settings, but not Celery."""
_DECORATOR = re.compile(rb"^[ \t]*@(?!property|staticmethod|classmethod|pytest|dataclass|override)", re.MULTILINE)
"""Only the project can tell whether a decorator makes a task."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding in its file. `path` is as the caller names it; `remedy` and `cure` are those of the `Finding`."""

    code: str
    message: str
    path: str
    span: Span
    edits: tuple[Edit, ...] = ()
    remedy: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be checked: it cannot be read, or (`internal`) because of a mistake of the linter's own."""

    path: str
    line: int
    message: str
    internal: bool = False


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
                found.append(
                    Diagnostic(
                        code,
                        finding.message,
                        module.path,
                        finding.span,
                        finding.edits,
                        finding.remedy,
                        finding.cure,
                    )
                )
    return sorted(set(found), key=_order)


def lint(module: Module, project: Project, selection: Selection) -> list[Diagnostic]:
    """What `lint_module` reports, and at the construction of the app what deployment files get wrong: flake8 can
    report in Python files only."""
    found = lint_module(module, project, selection)
    at, span = _app(project)
    if at == module.path:
        found += _at_app(at, span, lint_deployment(project, selection))
    return sorted(set(found), key=_order)


def _app(project: Project) -> tuple[str, Span]:
    """Where the application is made at which flake8 reports what deployment files get wrong; "" without one."""
    return (project.apps[0].module.path, project.apps[0].call.span) if project.apps else ("", NOWHERE)


def _at_app(path: str, span: Span, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is found in deployment files, as findings at the construction of the app."""
    return [replace(d, message=f"{d.message} ({d.path}:{d.span.line})", path=path, span=span) for d in found]


def _heard(found: list[Diagnostic], path: str, data: bytes) -> list[Diagnostic]:
    """What no `# noqa` in the file's text silences."""
    if not found:
        return found
    suppressions = Suppressions(decode(path, data).text)
    return [d for d in found if not suppressions.suppressed(d.span.line, d.code)]


def lint_deployment(project: Project, selection: Selection) -> list[Diagnostic]:
    """What the enabled rules report in deployment files, at their lines."""
    from .rule import deployment_checks

    found = []
    for code, check in deployment_checks().items():
        if selection.enabled(code):
            for finding in check(project):
                at = finding.at
                found.append(
                    Diagnostic(code, finding.message, at.path, at.span, remedy=finding.remedy, cure=finding.cure)
                )
    return sorted(set(found), key=_order)


def _order(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    return diagnostic.path, diagnostic.span.line, diagnostic.span.column, diagnostic.code


def open_project(
    root: Path,
    config: Config | None = None,
    exclude: Sequence[str] = (),
    use_cache: bool = True,
    tree: Tree | None = None,
) -> Project:
    """The project at `root`, its files listed (`tree`, if that was done already) but not yet read."""
    from .discovery import walk
    from .project import Project

    config = config if config is not None else load_config(root)
    if tree is None:
        tree = walk(root, [*exclude, *config.exclude])
    store = None
    if use_cache:
        from .cache import Store

        store = Store.open(root)
    return Project(Index(root, tree, store), config)


class Linter:
    """One run over any number of files: each project is opened once.

    `selection` is that of the command line (or flake8); a project's own configuration applies where it is None.
    `for_flake8` leaves `# noqa` in Python files to flake8, and reports what deployment files get wrong at the
    construction of the app; without `noqa` those in deployment files are not heeded.
    With `record` the baselines keep nothing quiet, and are kept of all that is found.
    `on_read` is told, while a project is read, how many of its files have been looked at and how many it has.
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
        noqa: bool = True,
        record: bool = False,
        on_read: Callable[[int, int], None] | None = None,
    ) -> None:
        self._selection = selection
        self._on_read = on_read
        self._for_flake8 = for_flake8
        self._noqa = noqa
        self._record = record
        self._use_cache = use_cache
        self._exclude = tuple(exclude)
        self._config = config
        self._override = override
        self._projects: dict[Path, Project] = {}
        self._baselines: dict[Path, Baseline] = {}
        self._roots: dict[Path, Path] = {}
        self._trees: dict[tuple[Path, tuple[str, ...]], Tree] = {}
        self._memos: dict[Path, Memo] = {}
        self._kept: dict[Path, KeptRepairs] = {}
        self._inside: dict[tuple[Path, Path], str | None] = {}

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
            tree = self._trees.pop((root, (*self._exclude, *config.exclude)), None)
            with settled():
                project = self._projects[root] = open_project(root, config, self._exclude, self._use_cache, tree)
                self._recall(project)
        return project

    def _recall(self, project: Project) -> None:
        """Take what rules found earlier, as long as nothing has changed; else read the project."""
        from .memo import Memo

        memo = Memo.open(project.index, project.config, self.selection(project))
        if memo is None or not memo.found:
            self._warm(project)
            memo = Memo.open(project.index, project.config, self.selection(project))
        if memo is not None:
            self._memos[project.root] = memo

    def _memo(self, project: Project) -> Memo | None:
        """What is known of the project as it is on disk, None for one with other texts."""
        return self._memos.get(project.root) if self._projects.get(project.root) is project else None

    def _warm(self, project: Project) -> None:
        """Read the project; of several processes one does the work and the others take it from the cache."""
        store = project.index.store
        if store is None:
            project.index.scan(self._on_read)
            return
        with store.locked(_LOCK_SECONDS):
            store.reload()
            project.index.scan(self._on_read)
            if store.changed:
                # what rules will read beyond the files that concern Celery is read here too, once for all processes
                for task in project.tasks:
                    project.retries(task)
                _ = project.calling
            store.forget(project.index.tree.python)
            store.save()

    def finish(self) -> None:
        """Keep what was read since the projects were opened."""
        for project in self._projects.values():
            if project.index.store is not None:
                project.index.store.save()
            memo = self._memo(project)
            if memo is not None:
                memo.save(project.index)
                if project.root in self._kept:
                    self._kept[project.root].save(project.index)

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
        if data is None and self._is_clean(path):
            return []
        try:
            text = data if data is not None else read(path)
            place = self._place(path, text, {path: data} if data is not None else {})
            if place is None:
                return []
            return [replace(d, path=shown) for d in self._found(*place, text)]
        except SourceError as error:
            raise SourceError(shown, error.line, error.message) from error

    def _is_clean(self, path: Path) -> bool:
        """Whether it is known without a look at the file that nothing is found in it."""
        memo, relative = self._known(path)
        return memo is not None and memo.found.get(relative) == [] and memo.app is not None and memo.app[0] != relative

    def _known(self, path: Path) -> tuple[Memo | None, str]:
        """What is known of the project of a file, if that has been opened, and the file's path in it."""
        root = self._roots.get(path.parent)
        project = self._projects.get(root) if root is not None else None
        memo = self._memo(project) if project is not None else None
        relative = self._relative(project, path) if project is not None and memo is not None else None
        return (memo, relative) if relative is not None else (None, "")

    def repairs(
        self, path: Path, texts: Mapping[Path, bytes] | None = None
    ) -> tuple[list[Diagnostic], dict[Diagnostic, Fix]]:
        """The findings of a Python or deployment file, `# noqa` applied, and repairs of those that no baseline knows.

        Those that one does are among the findings: a repair that changes their line brings them back. `texts` are used
        instead of what is on disk. Paths are those in the project. Raises SourceError where a file cannot be read or
        parsed.
        """
        texts = texts or {}
        text = texts[path] if path in texts else read(path)
        if path.suffix != ".py" and self._in_deployment(path) is not None:
            return self._deployment_repairs(path, text, texts)
        place = self._place(path, text, texts)
        if place is None:
            return [], {}
        project, relative = place
        found = self._heard(project, relative, text)

        def find(wanted: Sequence[Diagnostic]) -> dict[Diagnostic, Fix]:
            from .fixes import fixes_for

            module = project.module(relative)
            return fixes_for(text, module, project, wanted) if module is not None else {}

        return found, self._fixes(project, self._fresh(project, relative, text, found), find)

    def _fixes(
        self,
        project: Project,
        wanted: Sequence[Diagnostic],
        find: Callable[[Sequence[Diagnostic]], dict[Diagnostic, Fix]],
    ) -> dict[Diagnostic, Fix]:
        """The repairs of findings, from an earlier run where nothing has changed since."""
        memo = self._memo(project)
        if not wanted or memo is None:
            return find(wanted) if wanted else {}
        if project.root not in self._kept:
            from .kept_repairs import KeptRepairs

            self._kept[project.root] = KeptRepairs.open(memo, project.index)
        return self._kept[project.root].of(wanted, find)

    def _in_deployment(self, path: Path) -> str | None:
        """The path in its project of a file that is read with the deployment files."""
        project = self.project(path)
        try:
            relative = (Path(os.path.realpath(path.parent)) / path.name).relative_to(os.path.realpath(project.root))
        except ValueError:
            return None
        return relative.as_posix() if relative.as_posix() in project.index.tree.deployment else None

    def _deployment_repairs(
        self, path: Path, text: bytes, texts: Mapping[Path, bytes]
    ) -> tuple[list[Diagnostic], dict[Diagnostic, Fix]]:
        relative = self._in_deployment(path)
        project = self._with(self.project(path), texts)
        found = [d for d in self._heard_in_deployment(project) if d.path == relative]

        def find(wanted: Sequence[Diagnostic]) -> dict[Diagnostic, Fix]:
            from .fixes import deployment_fixes_for

            return deployment_fixes_for(text, project, wanted)

        return found, self._fixes(project, self._fresh_in_deployment(project, found), find)

    def _with(self, project: Project, texts: Mapping[Path, bytes]) -> Project:
        """The project with some texts in the place of those on disk; itself where they are the same."""
        changed = {}
        for path, text in texts.items():
            inside = self._in_deployment(path) if path.suffix != ".py" else None
            inside = inside or self._relative(project, path)  # what comes from standard input may have any name
            if inside is not None and not self._same(project, inside, text):
                changed[inside] = text
        return self._overlaid(project, changed) if changed else project

    def _place(self, path: Path, data: bytes, texts: Mapping[Path, bytes]) -> tuple[Project, str] | None:
        """The project, with some texts in the place of those on disk, and the path of a file in it; None where nothing
        is to be found in the file. Raises SourceError where the file cannot be parsed."""
        concerned = concerns_celery(data) or _SETTINGS.search(data) is not None
        if not concerned and _DECORATOR.search(data) is None:
            if not texts:
                self._remember_clean(*self._known(path))
            return None
        project = self.project(path)
        relative = self._relative(project, path)
        memo = self._memo(project) if not texts else None
        if memo is not None and relative in memo.found:
            return project, relative
        if not concerned and (relative is None or not project.concerns(relative)):
            self._remember_clean(memo, relative)
            return None
        if relative is None or project.index.is_test(relative):
            decode(str(path), data)
            self._remember_clean(memo, relative)
            return None
        project = self._with(project, texts)
        if project.module(relative) is None:
            raise project.index.problems.get(relative) or SourceError(str(path), 1, "cannot be read")
        return project, relative

    @staticmethod
    def _remember_clean(memo: Memo | None, relative: str | None) -> None:
        if memo is not None and relative is not None:
            memo.found[relative] = []
            memo.changed = True

    def _found(self, project: Project, path: str, data: bytes) -> list[Diagnostic]:
        if not self._for_flake8:
            return self._fresh(project, path, data, self._heard(project, path, data))
        found = self._raw(project, path)
        if found and self.baseline(project) is not None:
            heard = _heard(found, path, data)
            found = [d for d in found if d not in heard] + self._fresh(project, path, data, heard)
        at, span = self._app(project)
        if at == path:
            found = [*found, *_at_app(path, span, self._found_in_deployment(project))]
        return sorted(set(found), key=_order)

    def _raw(self, project: Project, path: str) -> list[Diagnostic]:
        """What the rules find in a file, before anything silences them."""
        memo = self._memo(project)
        if memo is not None and path in memo.found:
            return memo.found[path]
        module = project.module(path)
        found = lint_module(module, project, self.selection(project)) if module is not None else []
        if memo is not None:
            memo.found[path] = found
            memo.app = memo.app or _app(project)
            memo.changed = True
        return found

    def _raw_deployment(self, project: Project) -> tuple[list[Diagnostic], list[tuple[str, int, str]]]:
        """What the rules find in deployment files, and what is wrong with these."""
        memo = self._memo(project)
        if memo is not None and memo.deployment is not None:
            return memo.deployment
        found = lint_deployment(project, self.selection(project)), list(project.deployment.problems)
        if memo is not None:
            memo.deployment = found
            memo.app = memo.app or _app(project)
            memo.changed = True
        return found

    def _app(self, project: Project) -> tuple[str, Span]:
        memo = self._memo(project)
        return memo.app if memo is not None and memo.app is not None else _app(project)

    def _heard(self, project: Project, path: str, data: bytes) -> list[Diagnostic]:
        return _heard(self._raw(project, path), path, data)

    def _fresh(self, project: Project, path: str, data: bytes, found: list[Diagnostic]) -> list[Diagnostic]:
        """What the baseline does not list."""
        baseline = self.baseline(project)
        if baseline is None:
            return found
        lines = lines_of(decode(path, data).text) if found else []
        return baseline.new(project.root / path, lines, found)

    def _found_in_deployment(self, project: Project) -> list[Diagnostic]:
        """What the rules find in deployment files, without what `# noqa` or the baseline keeps quiet."""
        return self._fresh_in_deployment(project, self._heard_in_deployment(project))

    def _heard_in_deployment(self, project: Project) -> list[Diagnostic]:
        """What the rules find in deployment files and no `# noqa` silences."""
        found, _ = self._raw_deployment(project)
        if not self._noqa:
            return found
        suppressions = {path: self._suppressions(project, path) for path in {d.path for d in found}}
        return [d for d in found if not suppressions[d.path].suppressed(d.span.line, d.code)]

    def _fresh_in_deployment(self, project: Project, found: list[Diagnostic]) -> list[Diagnostic]:
        """What the baseline does not list."""
        baseline = self.baseline(project)
        if baseline is None:
            return found
        fresh = []
        for path in dict.fromkeys(d.path for d in found):
            lines = self._suppressions(project, path).lines
            fresh += baseline.new(project.root / path, lines, [d for d in found if d.path == path])
        return fresh

    @staticmethod
    def _suppressions(project: Project, path: str) -> DeploymentSuppressions:
        from .deploy import is_yaml
        from .noqa import DeploymentSuppressions

        try:
            text = project.index.data(path).decode("utf-8", "replace")
        except SourceError:
            text = ""
        return DeploymentSuppressions(text, yaml=is_yaml(path))

    def baseline(self, project: Project) -> Baseline | None:
        """The findings that the project has decided to live with, None where it names none. Raises ConfigError."""
        from .baseline import Baseline, place, place_to_write

        path = (place_to_write if self._record else place)(project.root, project.config)
        if path is None:
            return None
        if path not in self._baselines:
            self._baselines[path] = Baseline(path, {}) if self._record else Baseline.load(path)
        return self._baselines[path]

    @property
    def baselines(self) -> list[Baseline]:
        """Those of the projects that files were looked at in."""
        return list(self._baselines.values())

    @staticmethod
    def _same(project: Project, relative: str, data: bytes) -> bool:
        try:
            return project.index.data(relative) == data
        except SourceError:
            return False

    def _overlaid(self, project: Project, texts: Mapping[str, bytes]) -> Project:
        from .project import Project

        index = Index(project.root, project.index.tree, project.index.store)
        for relative, data in texts.items():
            index.overlay(relative, data)
        return Project(index, project.config)

    def _relative(self, project: Project, path: Path) -> str | None:
        """The path within the project; files that the walk leaves out belong to it all the same when they are named."""
        inside = self._inside.get((project.root, path.parent), "")
        if inside == "":
            try:
                folder = Path(os.path.realpath(path.parent))
                inside = folder.relative_to(os.path.realpath(project.root)).as_posix()
            except ValueError:
                inside = None
            self._inside[project.root, path.parent] = inside
        if inside is None:
            return None
        relative = posixpath.normpath(posixpath.join(inside, path.name))
        if relative not in project.index.tree.python:
            self._memos.pop(project.root, None)  # it knows the files that the walk has found
            try:
                status = path.stat()
            except OSError:
                project.index.tree.python[relative] = (0, 0)
            else:
                project.index.tree.python[relative] = (status.st_mtime_ns, status.st_size)
        return relative

    def lint_deployment(self, root: Path) -> tuple[list[Diagnostic], list[Problem]]:
        """The findings in the deployment files of the project at `root`, and the files that could not be read."""
        project = self.project(root)
        found = [replace(d, path=str(project.root / d.path)) for d in self._found_in_deployment(project)]
        _, wrong = self._raw_deployment(project)
        return found, [Problem(str(project.root / path), line, message) for path, line, message in wrong]

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
                exclude = (*self._exclude, *config.exclude)
                tree = self._trees[path.resolve(), exclude] = walk(path.resolve(), exclude)
                files = [path / p for p in tree.python]
            for file in files:
                if file not in seen:
                    seen.add(file)
                    yield file


__all__ = ["Diagnostic", "Linter", "Problem", "Selection", "lint", "lint_deployment", "lint_module", "open_project"]

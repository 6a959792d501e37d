"""The only way into the engine: a file and its project in, findings out."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config
from .config import load as load_config
from .diagnostics import (
    Diagnostic,
    Problem,
    Selection,
    app_place,
    at_app,
    heard,
    in_order,
    lint_deployment,
    lint_module,
)
from .discovery import find_root, is_strong_root, walk
from .garbage import settled
from .opened import Opened, look_through
from .place import NOWHERE, Span
from .source import SourceError, concerns_celery, decode, lines_of, names_settings, read

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
_DECORATOR = re.compile(rb"^[ \t]*@(?!property|staticmethod|classmethod|pytest|dataclass|override)", re.MULTILINE)
"""Only the project can tell whether a decorator makes a task."""


def open_project(
    root: Path,
    config: Config | None = None,
    exclude: Sequence[str] = (),
    use_cache: bool = True,
    tree: Tree | None = None,
) -> Project:
    """The project at `root`, its files listed (`tree`, if that was done already) but not yet read."""
    from .index import Index
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
    `on_read` is told, while a project is read, how many of its files have been looked at and how many it has; that is
    done by `jobs` processes, as many as there are processors by default. What rules read beyond the files that concern
    Celery is read then, too, unless `late`: once for all processes that lint the project.
    All files in `folders` will be asked for: what is found in projects most of which lies there is looked for at once.
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
        jobs: int | None = None,
        late: bool = False,
        folders: Iterable[str] = (),
    ) -> None:
        self._selection = selection
        self._late = late
        self._whole = [os.path.realpath(folder) for folder in folders]
        self._jobs = jobs
        self._is_ahead = False
        """Whether this process looks at a whole project for those of flake8, which wait for it."""
        self._on_read = on_read
        self._for_flake8 = for_flake8
        self._noqa = noqa
        self._record = record
        self._use_cache = use_cache
        self._exclude = tuple(exclude)
        self._config = config
        self._override = override
        self._opened: dict[Path, Opened] = {}
        self._strong: set[Path] = set()
        self._recalled: dict[Path, bool] = {}
        """Whether a project was to be read where little was known of it."""
        self._baselines: dict[Path, Baseline] = {}
        self._roots: dict[Path, Path] = {}
        self._overlaid: Opened | None = None
        """The last project with other texts than those on disk: it is not taken apart before the next one is needed."""
        self._besides: dict[Path, Opened] = {}
        self._marked: dict[tuple[str, str], bool] = {}
        self._trees: dict[tuple[Path, tuple[str, ...]], Tree] = {}
        self._kept: dict[Path, KeptRepairs] = {}
        self._inside: dict[tuple[Path, Path], str | None] = {}
        self._folders: dict[str, tuple[Opened, str]] = {}
        """The project of the files in a folder, and what their paths in it begin with."""
        self._expected: dict[Path, list[Path]] = {}

    def expect(self, files: Iterable[Path]) -> None:
        """Many of these files will be asked for: their findings may be looked for together."""
        for file in files:
            self._expected.setdefault(self.root(file), []).append(file)

    def root(self, path: Path) -> Path:
        """The root of the project that a file or folder belongs to."""
        folder = path if path.is_dir() else path.parent
        known = self._roots.get(folder)
        if known is None:
            known = self._roots[folder] = find_root(path, self._marked)
        return known

    def project(self, path: Path) -> Project:
        """The project of a file or folder, read."""
        return self._open(path).project

    def config(self, path: Path) -> Config:
        """The settings in force for the project of a file or folder."""
        return self._open(path).config

    def _open(self, path: Path, *, recall: bool = True) -> Opened:
        """The project of a file or folder. Without `recall`, it is not read where little is known of what was found in
        it earlier."""
        root = self.root(path)
        opened = self._opened.get(root)
        if opened is None:
            config = self._config if self._config is not None else load_config(root)
            if self._override is not None:
                config = self._override(config)
            exclude = (*self._exclude, *config.exclude)
            tree = self._trees.get((root, exclude))
            opened = self._opened[root] = Opened(root, config, tree or walk(root, exclude), self._use_cache, self._warm)
            self._folders[os.fspath(root)] = opened, ""
            if is_strong_root(root):
                self._strong.add(root)
        recalled = self._recalled.get(root)
        if recalled is None or (recall and not recalled):
            self._recalled[root] = recall
            with settled():
                self._recall(opened, read=recall)
        return opened

    def _recall(self, opened: Opened, *, read: bool) -> None:
        """Take what rules found earlier, as long as nothing has changed; else `read` the project, if so."""
        from .memo import Memo

        if opened.memo is not None:
            return
        memo = Memo.open(opened, self.selection(opened.config))
        if memo is not None and not memo.state and opened.store is not None and len(opened.store):
            from .changes import follow

            memo = follow(opened, memo)
        if memo is None or not memo.loaded:
            if not read:
                return
            silent = look_through(opened, _LOCK_SECONDS)
            if not silent and memo is not None and self._whole:
                memo = self._looked_ahead(opened)
            if memo is None or not memo.loaded:
                memo = self._read(opened)
        opened.memo = memo if memo is not None and memo.state else None

    def _read(self, opened: Opened) -> Memo | None:
        """Read the project, unless it is silent; what will be kept of it."""
        from .memo import Memo

        project = opened.project if not opened.silent else None
        clean = opened.store.silent(opened.tree.python) if opened.store is not None else []
        if project is not None:
            clean = [path for path in clean if path not in project.index.problems and not project.concerns(path)]
        memo = Memo.open(opened, self.selection(opened.config))
        if memo is not None and memo.state and not memo.loaded:
            memo.found = {path: [] for path in clean}
            memo.app = app_place(project) if project is not None else ("", NOWHERE)
            memo.changed = True
        return memo

    def _looked_ahead(self, opened: Opened) -> Memo | None:
        """What is kept of a project after another process has looked at all its files; None where none does.

        Facts that stayed in this process would be walked over each time that flake8 looks for garbage, and would take
        their room until it ends.
        """
        from . import forks
        from .memo import Memo

        if (
            opened.store is None
            or not self._is_asked_for(opened)
            or not forks.possible()
            or not forks.apart(lambda: self._look_ahead(opened))
        ):
            return None
        opened.store.reload()
        return Memo.open(opened, self.selection(opened.config))

    def _is_asked_for(self, opened: Opened) -> bool:
        """Whether most files of a project are in the folders that will be asked for."""
        root = os.path.realpath(opened.root)
        folders = tuple(os.path.join(folder, "") for folder in self._whole)
        asked = sum(os.path.join(root, path).startswith(folders) for path in opened.tree.python)
        return 2 * asked > len(opened.tree.python)

    def _look_ahead(self, opened: Opened) -> None:
        """Find out what is wrong with all files of a project, and keep it; of several processes one does."""
        from .memo import Memo

        store = opened.store
        assert store is not None
        self._is_ahead = self._late = True
        with store.locked(_LOCK_SECONDS, "ahead"):
            store.reload()
            known = Memo.open(opened, self.selection(opened.config))
            if known is not None and known.loaded:
                return
            memo = self._read(opened)
            if memo is None or not memo.state:
                return
            opened.memo = memo
            nested = tuple(f"{folder}/" for folder in opened.tree.nested)
            asked = [p for p in opened.tree.python if p not in memo.found and not p.startswith(nested)]
            self.expect(opened.root / path for path in asked)
            for path in asked:
                with suppress(Exception):  # whoever asks for the file is told
                    self.lint_file(opened.root / path)
            with suppress(Exception):
                self._raw_deployment(opened)
            store.save()
            memo.save(opened)

    def _warm(self, project: Project) -> None:
        """Read the project; of several processes one does the work and the others take it from the cache."""
        store = project.index.store
        if store is None:
            project.index.scan(self._on_read)
            return
        with store.locked(_LOCK_SECONDS):
            store.reload()
            if self._is_ahead or not self._for_flake8:  # which has processes of its own
                from . import parallel

                parallel.read(project.index, self._jobs, self._on_read)
            project.index.scan(self._on_read)
            if store.changed and not self._late:
                for task in project.tasks:
                    project.retries(task)
                _ = project.calling
            store.forget({*project.index.tree.python, *project.index.tree.deployment})
            store.save()

    def finish(self) -> None:
        """Keep what was read since the projects were opened."""
        for root, opened in self._opened.items():
            opened.save()
            if opened.memo is not None:
                opened.memo.save(opened)
                if root in self._kept:
                    self._kept[root].save(opened)

    def selection(self, config: Config) -> Selection:
        """The codes that are reported in a project with these settings."""
        if self._selection is not None:
            return self._selection
        return Selection(config.select, config.extend_select, config.ignore)

    def lint_file(self, path: Path, data: bytes | None = None, display: str | None = None) -> list[Diagnostic]:
        """The findings of a Python file, `# noqa` applied. `data` is used instead of what is on disk.

        Raises SourceError where the file cannot be read or parsed.
        """
        shown = display if display is not None else str(path)
        if data is None and self.is_clean(str(path)):
            return []
        try:
            text = data if data is not None else read(path)
            place = self._place(path, text, {path: data} if data is not None else {}, imagines=True)
            if place is None:
                return []
            return [replace(d, path=shown) for d in self._found(*place, text)]
        except SourceError as error:
            raise SourceError(shown, error.line, error.message) from error

    def is_clean(self, name: str) -> bool:
        """Whether it is known without a look at the file of that name that nothing is found in it."""
        memo, path = self._known(name)
        return memo is not None and memo.found.get(path) == [] and memo.app is not None and memo.app[0] != path

    def _known(self, name: str) -> tuple[Memo | None, str]:
        """What is known of the project of a file, if that has been opened, and the file's path in it."""
        opened, path = self._listed(name)
        return (opened.memo, path) if opened is not None and opened.memo is not None else (None, "")

    def _listed(self, name: str) -> tuple[Opened | None, str]:
        """The project of a file, if that has been opened and the file is listed there, and the file's path in it."""
        folder, base = os.path.split(name)
        known = self._folders.get(folder)
        if known is None:
            known = self._folder(folder, base) if self._opened else None
            if known is None:
                return None, ""
            self._folders[folder] = known
        opened, inside = known
        path = inside + base
        return (opened, path) if path in opened.tree.python else (None, "")

    def _folder(self, folder: str, base: str) -> tuple[Opened, str] | None:
        """The project of the files in a folder, one of which is called `base`, and what their paths in it begin with;
        None where that project is not open."""
        if "" not in self._folders:
            here = self._resolved("")
            if here is not None:
                self._folders[""] = here
        above, inside = folder, ""
        while above not in self._folders and above != os.path.dirname(above):
            above, name = os.path.split(above)
            inside = f"{name}/{inside}"
        if above in self._folders:
            opened, begin = self._folders[above]
            inside = begin + inside
            # a walk follows no links to folders: what it has found there is below the root
            if inside + base in opened.tree.python and opened.root in self._strong:
                if not inside.startswith(tuple(f"{nested}/" for nested in opened.tree.nested)):
                    return opened, inside
        return self._resolved(folder)

    def _resolved(self, folder: str) -> tuple[Opened, str] | None:
        path = Path(folder)
        opened = self._opened.get(self.root(path))
        inside = self._relative(opened, path / "_") if opened is not None else None
        return (opened, inside[:-1]) if opened is not None and inside is not None else None

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
        opened, relative = place
        found = self._heard(opened, relative, text)

        def find(wanted: Sequence[Diagnostic]) -> dict[Diagnostic, Fix]:
            from .fixes import fixes_for

            module = opened.project.module(relative)
            return fixes_for(text, module, opened.project, wanted) if module is not None else {}

        return found, self._fixes(opened, self._fresh(opened, relative, text, found), find)

    def _fixes(
        self,
        opened: Opened,
        wanted: Sequence[Diagnostic],
        find: Callable[[Sequence[Diagnostic]], dict[Diagnostic, Fix]],
    ) -> dict[Diagnostic, Fix]:
        """The repairs of findings, from an earlier run where nothing has changed since."""
        memo = opened.memo
        if not wanted or memo is None:
            return find(wanted) if wanted else {}
        if opened.root not in self._kept:
            from .kept_repairs import KeptRepairs

            self._kept[opened.root] = KeptRepairs.open(memo, opened)
        return self._kept[opened.root].of(wanted, find)

    def _in_deployment(self, path: Path) -> str | None:
        """The path in its project of a file that is read with the deployment files."""
        opened = self._open(path)
        try:
            relative = (Path(os.path.realpath(path.parent)) / path.name).relative_to(os.path.realpath(opened.root))
        except ValueError:
            return None
        return relative.as_posix() if relative.as_posix() in opened.tree.deployment else None

    def _deployment_repairs(
        self, path: Path, text: bytes, texts: Mapping[Path, bytes]
    ) -> tuple[list[Diagnostic], dict[Diagnostic, Fix]]:
        relative = self._in_deployment(path)
        opened = self._with(self._open(path), texts)
        found = [d for d in self._heard_in_deployment(opened) if d.path == relative]

        def find(wanted: Sequence[Diagnostic]) -> dict[Diagnostic, Fix]:
            from .fixes import deployment_fixes_for

            return deployment_fixes_for(text, opened.project, wanted)

        return found, self._fixes(opened, self._fresh_in_deployment(opened, found), find)

    def _with(self, opened: Opened, texts: Mapping[Path, bytes], *, imagines: bool = False) -> Opened:
        """The project with some texts in the place of those on disk; itself where they are the same. It may know what
        is still certain of what was found if it `imagines`."""
        changed = {}
        for path, text in texts.items():
            inside = self._in_deployment(path) if path.suffix != ".py" else None
            inside = inside or self._relative(opened, path)  # what comes from standard input may have any name
            if inside is not None and not self._same(opened, inside, text):
                changed[inside] = text
        if not changed:
            return opened
        self._overlaid = opened.overlaid(changed)
        if imagines and opened.memo is not None:
            from .changes import imagine

            self._overlaid.memo = imagine(self._overlaid, opened.memo, changed)
        return self._overlaid

    def _place(
        self, path: Path, data: bytes, texts: Mapping[Path, bytes], *, imagines: bool = False
    ) -> tuple[Opened, str] | None:
        """The project, with some texts in the place of those on disk, and the path of a file in it; None where nothing
        is to be found in the file. Raises SourceError where the file cannot be parsed."""
        memo, known = (None, "") if texts else self._known(str(path))
        if memo is not None and known in memo.found:
            return self._open(path), known
        concerned = self._concerns(path, data, texts) or names_settings(data)
        if not concerned and _DECORATOR.search(data) is None:
            self._remember_clean(memo, known)
            return None
        opened = self._open(path, recall=not texts)
        relative = self._relative(opened, path)
        if relative is not None and relative not in opened.tree.python:
            # flake8 names hidden folders and what git ignores, too; who names such a file to the command means it
            if not texts and (self._for_flake8 or not concerned):
                return None
            opened = self._beside(opened, relative, path)
        asked, opened = opened, self._with(opened, texts, imagines=imagines)
        if texts and opened is asked:
            self._open(path)  # nothing in them is new: what was found earlier holds
        memo = opened.memo
        if memo is not None and relative in memo.found:
            return opened, relative
        if not concerned and (relative is None or not opened.concerns(relative)):
            self._remember_clean(memo, relative)
            return None
        if relative is None or opened.project.index.is_test(relative):
            decode(str(path), data)
            self._remember_clean(memo, relative)
            return None
        if opened.project.module(relative) is None:
            raise opened.project.index.problems.get(relative) or SourceError(str(path), 1, "cannot be read")
        return opened, relative

    def _concerns(self, path: Path, data: bytes, texts: Mapping[Path, bytes]) -> bool:
        """Whether a file's own text can concern Celery, which the project knows once it has been read."""
        opened, relative = self._listed(str(path)) if not texts else (None, "")
        if opened is not None and opened.is_read:
            return opened.project.index.concerns_celery(relative)
        return concerns_celery(data)

    @staticmethod
    def _remember_clean(memo: Memo | None, relative: str | None) -> None:
        if memo is not None and relative is not None:
            memo.found[relative] = []
            memo.changed = True

    def _found(self, opened: Opened, path: str, data: bytes) -> list[Diagnostic]:
        if not self._for_flake8:
            return self._fresh(opened, path, data, self._heard(opened, path, data))
        found = self._raw(opened, path)
        if found and self.baseline(opened) is not None:
            loud = heard(found, path, data)
            found = [d for d in found if d not in loud] + self._fresh(opened, path, data, loud)
        at, span = self._app(opened)
        if at == path:
            found = [*found, *at_app(path, span, self._found_in_deployment(opened))]
        return in_order(found)

    def _raw(self, opened: Opened, path: str) -> list[Diagnostic]:
        """What the rules find in a file, before anything silences them."""
        memo = opened.memo
        if memo is not None and path not in memo.found:
            self._find_expected(opened, memo)
        if memo is not None and path in memo.found:
            return memo.found[path]
        module = opened.project.module(path)
        found = lint_module(module, opened.project, self.selection(opened.config)) if module is not None else []
        if memo is not None:
            memo.found[path] = found
            memo.app = memo.app or app_place(opened.project)
            memo.changed = True
        return found

    def _find_expected(self, opened: Opened, memo: Memo) -> None:
        """Look for what is wrong with the expected files of a project together."""
        expected = self._expected.pop(opened.root, ())
        if not expected:
            return
        from . import together

        paths = {self._relative(opened, path) for path in expected}
        wanted = {path for path in paths if path in opened.tree.python and path not in memo.found}
        memo.found |= together.lint(opened.project, self.selection(opened.config), wanted, self._jobs)
        memo.app = memo.app or app_place(opened.project)
        memo.changed = True

    def _raw_deployment(self, opened: Opened) -> tuple[list[Diagnostic], list[tuple[str, int, str]]]:
        """What the rules find in deployment files, and what is wrong with these."""
        memo = opened.memo
        if memo is not None and memo.deployment is not None:
            return memo.deployment
        found = lint_deployment(opened.project, self.selection(opened.config)), list(opened.project.deployment.problems)
        if memo is not None:
            memo.deployment = found
            memo.app = memo.app or app_place(opened.project)
            memo.changed = True
        return found

    def _app(self, opened: Opened) -> tuple[str, Span]:
        memo = opened.memo
        return memo.app if memo is not None and memo.app is not None else app_place(opened.project)

    def _heard(self, opened: Opened, path: str, data: bytes) -> list[Diagnostic]:
        return heard(self._raw(opened, path), path, data)

    def _fresh(self, opened: Opened, path: str, data: bytes, found: list[Diagnostic]) -> list[Diagnostic]:
        """What the baseline does not list."""
        baseline = self.baseline(opened)
        if baseline is None:
            return found
        lines = lines_of(decode(path, data).text) if found else []
        return baseline.new(opened.root / path, lines, found)

    def _found_in_deployment(self, opened: Opened) -> list[Diagnostic]:
        """What the rules find in deployment files, without what `# noqa` or the baseline keeps quiet."""
        return self._fresh_in_deployment(opened, self._heard_in_deployment(opened))

    def _heard_in_deployment(self, opened: Opened) -> list[Diagnostic]:
        """What the rules find in deployment files and no `# noqa` silences."""
        found, _ = self._raw_deployment(opened)
        if not self._noqa:
            return found
        suppressions = {path: self._suppressions(opened, path) for path in {d.path for d in found}}
        return [d for d in found if not suppressions[d.path].suppressed(d.span.line, d.code)]

    def _fresh_in_deployment(self, opened: Opened, found: list[Diagnostic]) -> list[Diagnostic]:
        """What the baseline does not list."""
        baseline = self.baseline(opened)
        if baseline is None:
            return found
        fresh = []
        for path in dict.fromkeys(d.path for d in found):
            lines = self._suppressions(opened, path).lines
            fresh += baseline.new(opened.root / path, lines, [d for d in found if d.path == path])
        return fresh

    @staticmethod
    def _suppressions(opened: Opened, path: str) -> DeploymentSuppressions:
        from .kinds import is_yaml
        from .noqa import DeploymentSuppressions

        try:
            text = opened.data(path).decode("utf-8", "replace")
        except SourceError:
            text = ""
        return DeploymentSuppressions(text, yaml=is_yaml(path))

    def baseline(self, opened: Opened) -> Baseline | None:
        """The findings that the project has decided to live with, None where it names none. Raises ConfigError."""
        from .baseline import Baseline, place, place_to_write

        path = (place_to_write if self._record else place)(opened.root, opened.config)
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
    def _same(opened: Opened, relative: str, data: bytes) -> bool:
        try:
            return opened.data(relative) == data
        except SourceError:
            return False

    def _relative(self, opened: Opened, path: Path) -> str | None:
        """The path within the project, None where the file is not below its root."""
        inside = self._inside.get((opened.root, path.parent), "")
        if inside == "":
            try:
                folder = Path(os.path.realpath(path.parent))
                inside = folder.relative_to(os.path.realpath(opened.root)).as_posix()
            except ValueError:
                inside = None
            self._inside[opened.root, path.parent] = inside
        return posixpath.normpath(posixpath.join(inside, path.name)) if inside is not None else None

    def _beside(self, opened: Opened, relative: str, path: Path) -> Opened:
        """The project with a file that the walk has left out, as those in hidden folders: named, it belongs to the
        project all the same. What is known of the others does not suffer from it."""
        try:
            status = path.stat()
            known = status.st_mtime_ns, status.st_size
        except OSError:
            known = (0, 0)
        before = self._besides.get(opened.root, opened)
        if before.tree.python.get(relative) != known:
            before = self._besides[opened.root] = before.beside(relative, known)
        return before

    def lint_deployment(self, root: Path) -> tuple[list[Diagnostic], list[Problem]]:
        """The findings in the deployment files of the project at `root`, and the files that could not be read."""
        opened = self._open(root)
        found = [replace(d, path=str(opened.root / d.path)) for d in self._found_in_deployment(opened)]
        _, wrong = self._raw_deployment(opened)
        return found, [Problem(str(opened.root / path), line, message) for path, line, message in wrong]

    def python_files(self, paths: Iterable[Path], without: Collection[str] = ()) -> Iterator[Path]:
        """The Python files that the paths name: a file itself, and of a folder what belongs to a project, `without`
        these, as paths from the folder.

        Raises FileNotFoundError for a path that does not exist.
        """
        seen: set[Path] = set()
        for path in paths:
            if not path.exists() and not path.is_symlink():
                raise FileNotFoundError(str(path))
            files = [path / p for p in self._tree(path).python if p not in without] if path.is_dir() else [path]
            for file in files:
                if file not in seen:
                    seen.add(file)
                    yield file

    def _tree(self, folder: Path) -> Tree:
        """The files below a folder; what belongs to other projects there is listed by the settings of this one."""
        config = self._config if self._config is not None else load_config(self.root(folder))
        key = folder.resolve(), (*self._exclude, *config.exclude)
        tree = self._trees.get(key)
        if tree is None:
            tree = self._trees[key] = walk(*key)
        return tree

    def clean_files(self, folder: Path) -> list[str]:
        """Files below the root of a project, as paths from there, in which nothing was found earlier, nor can be now.
        Other projects below it are left out."""
        root = self.root(folder)
        if root != folder.resolve() or not is_strong_root(root):
            return []
        tree = self._tree(folder)
        opened = self._open(folder)
        if opened.memo is None or opened.memo.app is None or opened.tree is not tree:
            return []
        found, at = opened.memo.found, opened.memo.app[0]
        clean = [path for path in tree.python if found.get(path) == [] and path != at]
        inside = tuple(f"{nested}/" for nested in tree.nested)
        return [path for path in clean if not path.startswith(inside)] if inside else clean


__all__ = ["Diagnostic", "Linter", "Problem", "Selection", "open_project"]

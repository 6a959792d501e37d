"""The modules of a project: which there are, what they are called, and their facts, read once and kept on disk."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from . import outlines
from .cache_file import NOT_KEPT
from .discovery import is_on_disk
from .libraries import LIBRARIES
from .model import Command, Container, Deployment, Mention, Module, Variable
from .questions import Questions
from .roles import PLAIN_NAMES, is_test_path
from .roots import Roots
from .source import SourceError, concerns_celery, concerns_transactions, decode
from .source import read as read_file

if TYPE_CHECKING:
    from .board import Board
    from .cache import Entry, Store
    from .discovery import Tree
    from .importers import Importers
    from .imports import ImportGraph
    from .sought import Sought

T = TypeVar("T")

_PROGRAMS = re.compile(r"(?:^|/)tests?\.py\Z")
_APPLICATION = re.compile(rb"\bCelery(?:\[[^\]\n]*\])?\(")
_TESTING = re.compile(
    rb"^[ \t]*(?:async[ \t]+)?(?:def[ \t]+test|class[ \t]+\w*Test|assert\b)"
    rb"|\b(?:pytest|unittest|TestCase|doctest|nose|hypothesis|mock)\b",
    re.MULTILINE,
)


_LARGEST = 1_000_000
"""Bytes of a deployment file that is read."""


class Index:
    """`tree` names the files; facts are read when asked for, from `store` where it has them.

    `overlay` holds the text of files that differ from the disk (an editor's buffer, standard input).
    """

    def __init__(self, root: Path, tree: Tree, store: Store | None) -> None:
        self.root = root
        self.tree = tree
        self.store = store
        self.problems: dict[str, SourceError] = {}
        self.seen: dict[str, bool] = {}
        """What was asked of the disk beyond the project's files (`on_disk`)."""
        self.questions = Questions(self.data)
        self.board: Board | None = None
        """Where other processes that work on the project put what they have read."""
        self._overlay: dict[str, bytes] = {}
        self._modules: dict[str, Module | None] = {}
        self._relevant: dict[str, bool] = {}
        self._tests: dict[str, bool] = {}
        self._transactions: dict[str, bool] = {}
        self.replaced: Module | None = None
        """The facts of the file that was overlaid last, as they were before."""
        self._imports: ImportGraph | None = None
        self._importers: Importers | None = None
        self._asked_of = 0
        """How many files `_importers` were told of."""
        self._changed: set[str] = set()
        """The files that have changed since."""
        self._opening: tuple[int, list[str]] | None = None
        self._kept: dict[str, bytes] = {}
        self._named: dict[re.Pattern[str], tuple[int, list[str]]] = {}
        self._scanned: tuple[int, list[str]] | None = None
        self._using: defaultdict[bytes, dict[str, bool]] = defaultdict(dict)
        """Whether a pattern of decorators is found in a file."""
        self._derived: dict[tuple[object, str], tuple[Module, object]] = {}
        self._folders = _folders(tree.python)
        self._packages = {posixpath.dirname(p) for p in tree.python if posixpath.basename(p) == "__init__.py"}
        self._roots = self._import_roots()
        self._forget_names()

    def _forget_names(self) -> bool:
        """Tell anew under which names files are imported, unless nothing has changed about that: False then."""
        before: Roots | None = self.__dict__.get("_evident")
        self._evident = Roots(
            self.tree.python, self._packages, self._concerning, self._text, self._started, self.derived, before
        )
        if before is not None and before.agrees(self._evident):
            return False
        self._bases: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        return True

    # --- reading

    def overlay(self, path: str, data: bytes, module: Module | None = None) -> bool:
        """Use `data` for the file instead of what is on disk; `module` are its facts where they are known already.

        False where nothing but the file's own facts and text has changed by that: the names under which modules are
        imported have not, nor what deployment files say, nor which files concern Celery.
        """
        self._overlay[path] = data
        self._changed.add(path)
        self._kept.pop(path, None)
        for answers in self._using.values():
            answers.pop(path, None)
        changes = path in self.tree.deployment
        if changes:
            self.__dict__.pop("deployment", None)
        if path not in self.tree.python and not path.endswith(".py"):
            return changes
        concerned = self._relevant.get(path)
        changes = changes or self._modules.get(path, module) is None
        self.tree.python.setdefault(path, (0, len(data)))
        self._folders |= _folders([path])
        self.replaced = self._modules.pop(path, None)
        if module is not None:
            self._modules[path] = module
        self.problems.pop(path, None)
        if self._imports is not None:
            self._imports.forget(path)
        self._relevant.pop(path, None)
        if self._tests_changed(path):
            self._asked_of, changes = -1, True
        opened = self._transactions.pop(path, None)
        if changes or opened is None or self.concerns_transactions(path) != opened:
            self._opening = None
        if concerned is None or self.concerns_celery(path) != concerned:
            self._scanned = None
            changes = True
        if not changes and self._evident.follow(self.replaced, module):
            return False
        return self._forget_names() or changes

    def _tests_changed(self, path: str) -> bool:
        """Whether a file counts as a test, or no longer, now that the text of the file at `path` is another one."""
        before = {path: self._tests.pop(path, None)}
        # what makes an application decides about programs that are called like tests
        before |= {other: self._tests[other] for other in self.named(_PROGRAMS) if other in self._tests}
        for other in before:
            self._tests.pop(other, None)
        return any(known is not None and self.is_test(other) != known for other, known in before.items())

    def restore(self, path: str) -> None:
        """Use what is on disk again, as far as `follow` finds it there."""
        self._overlay.pop(path, None)

    def follow(self, tree: Tree, changed: Collection[str] = ()) -> Index:
        """The index of the same project when its files are those of `tree`: what was read of a file holds where neither
        its time nor its size has changed, nor `changed` names it. What is overlaid stays so."""
        index = Index(self.root, tree, self.store)
        for path, data in self._overlay.items():
            index._overlay[path] = data
            if path.endswith(".py"):
                tree.python.setdefault(path, (0, len(data)))
        index._folders |= _folders(path for path in index._overlay if path in tree.python)

        def holds(path: str) -> bool:
            return path in index._overlay or (
                path not in changed and path in tree.python and tree.python[path] == self.tree.python.get(path)
            )

        index._modules = {path: module for path, module in self._modules.items() if holds(path)}
        index._relevant = {path: known for path, known in self._relevant.items() if holds(path)}
        index.problems = {path: error for path, error in self.problems.items() if holds(path)}
        index._derived = self._derived
        # their `data` is that of the index before until they are told otherwise
        index._importers, index._asked_of = self._importers, -1
        index._changed = self._changed | {path for path in tree.python if not holds(path)}
        for pattern, answers in self._using.items():
            index._using[pattern] = {path: told for path, told in answers.items() if holds(path)}
        return index

    def data(self, path: str) -> bytes:
        """The bytes of a file. Raises SourceError."""
        held = self._overlay.get(path)
        return held if held is not None else read_file(os.path.join(self.root, path))

    def kept(self, path: str) -> bytes:
        """The bytes of a file that is asked for again and again; few are. Raises SourceError."""
        known = self._kept.get(path)
        if known is None:
            known = self._kept[path] = self.data(path)
        return known

    def is_test(self, path: str) -> bool:
        """Whether a file is part of the project's tests. One that is merely called `test.py`, has nothing of a test in
        it and makes the only application of the project, is none."""
        if not is_test_path(path):
            return False
        known = self._tests.get(path)
        if known is None:
            folder, name = posixpath.split(path)
            plain = name in PLAIN_NAMES and not is_test_path(posixpath.join(folder, "_.py"))
            known = self._tests[path] = not (plain and self._is_the_program(path))
        return known

    def _is_the_program(self, path: str) -> bool:
        if not self._contains(path, _APPLICATION) or self._contains(path, _TESTING):
            return False
        others = (other for other in self.tree.python if not is_test_path(other))
        return not any(self._contains(other, _APPLICATION) for other in others)

    def _contains(self, path: str, pattern: re.Pattern[bytes], *, silent: bool = False) -> bool:
        try:
            return self.questions.contains(path, pattern, silent=silent)
        except SourceError:
            return False

    def concerns_celery(self, path: str) -> bool:
        """Whether the file's own text can concern Celery."""
        known = self._relevant.get(path)
        if known is None:
            entry = self._entry(path)
            if entry is not None:
                known = entry.concerns
            else:
                try:
                    known = concerns_celery(self.data(path))
                except SourceError as error:
                    self.problems[path] = error
                    known = False
            self._relevant[path] = known
        return known

    def concerns_transactions(self, path: str) -> bool:
        """Whether the file's own text can open transactions or connect the signals that are sent in them."""
        known = self._transactions.get(path)
        if known is None:
            entry = self._entry(path)
            try:
                known = entry.transactions if entry is not None else concerns_transactions(self.data(path))
            except SourceError as error:
                self.problems[path] = error
                known = False
            self._transactions[path] = known
        return known

    def opening_transactions(self) -> list[str]:
        """The files, tests left out, that `concerns_transactions`."""
        known = self._opening
        if known is None or known[0] != len(self.tree.python):
            paths = [p for p in self.tree.python if not self.is_test(p) and self.concerns_transactions(p)]
            known = self._opening = (len(self.tree.python), paths)
        return known[1]

    def _entry(self, path: str) -> Entry | None:
        if self.store is None or path in self._overlay:
            return None
        return self.store.lookup(path, self.tree.python[path], lambda: self.data(path))

    def module(self, path: str) -> Module | None:
        """The facts of a file, None where it cannot be read or parsed (`problems` says why)."""
        try:
            return self._modules[path]
        except KeyError:
            pass
        module: Module | None = None
        try:
            entry = self._entry(path)
            if self.board is not None and (entry is None or not entry.length) and self.board.take(path):
                entry = self._entry(path)
            if entry is not None and entry.error is not None:
                raise SourceError(path, *entry.error)
            stored = entry.facts if entry is not None else None
            module = stored if stored is not None else self._parse(path)
        except SourceError as error:
            self.problems[path] = error
        self._modules[path] = module
        return module

    def _parse(self, path: str) -> Module:
        from .slices import facts_of

        data = self.data(path)
        before = self.store.known(path) if self.store is not None else None
        parsed = before.by_libcst if before is not None else ()
        try:
            module = facts_of(decode(path, data), concerns=self._relevant.get(path, True), by_libcst=parsed)
        except SourceError as error:
            self._keep(path, data, error=(error.line, error.message))
            raise
        entry = self._keep(path, data, facts=module)
        if entry is not None and entry.held != NOT_KEPT:
            from .packing import remember

            remember(module, entry.held)
        return module

    def _keep(
        self, path: str, data: bytes, facts: Module | None = None, error: tuple[int, str] | None = None
    ) -> Entry | None:
        if self.store is None or path in self._overlay:
            return None
        concerns = self._relevant.get(path)
        if concerns is None:
            concerns = concerns_celery(data)
        entry = self.store.put(
            path, self.tree.python[path], data, concerns=concerns, facts=facts, error=error,
            transactions=concerns_transactions(data),
        )  # fmt: skip
        if self.board is not None:
            self.board.put(path)
        return entry

    def scan(self, progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Read what concerns Celery; the paths of these files, in order. Afterwards the cache is up to date."""
        if self._scanned is not None and self._scanned[0] == len(self.tree.python):
            return self._scanned[1]
        paths = sorted(self.tree.python)
        relevant = []
        for count, path in enumerate(paths):
            if progress is not None and count % 50 == 0:
                progress(count, len(paths))
            if self.read(path):
                relevant.append(path)
        if progress is not None:
            progress(len(paths), len(paths))
        self._scanned = (len(paths), relevant)
        return relevant

    def read(self, path: str) -> bool:
        """Read a file, if it concerns Celery; whether it does. Nobody asks for the facts of most tests."""
        entry = self._entry(path)
        if entry is None:
            try:
                data = self.data(path)
            except SourceError as error:
                self.problems[path] = error
                return False
            self._relevant[path] = concerns_celery(data)
            if not self._relevant[path] or self.is_test(path):
                self._keep(path, data)
        if not self.concerns_celery(path):
            return False
        if not self.is_test(path):
            self.module(path)
        return True

    def derived(self, of: Callable[[Module], T], module: Module) -> T:
        """What a function tells of a module by nothing but its facts; asked once for as long as these hold."""
        key = (of, module.path)
        known = self._derived.get(key)
        if known is None or known[0] is not module:
            known = self._derived[key] = (module, outlines.known(of, module))
        return known[1]  # type: ignore[return-value]

    def told(self, pattern: re.Pattern[bytes], module: Module) -> bool:
        """Whether the pattern is found in a module's text; asked once for as long as that holds. Raises SourceError."""
        key = (pattern, module.path)
        known = self._derived.get(key)
        if known is None or known[0] is not module:
            known = self._derived[key] = (module, self.questions.contains(module.path, pattern))
        return bool(known[1])

    def named(self, pattern: re.Pattern[str]) -> list[str]:
        """The files in whose paths the pattern is found."""
        known = self._named.get(pattern)
        if known is None or known[0] != len(self.tree.python):
            known = self._named[pattern] = (len(self.tree.python), list(filter(pattern.search, self.tree.python)))
        return known[1]

    def using(self, decorators: set[str], known: set[str]) -> list[str]:
        """The files, other than the known ones, that use one of these decorators."""
        pattern = re.compile(
            rb"^[ \t]*@(?:\w+\.)*(?:%s)\b" % "|".join(map(re.escape, sorted(decorators))).encode(), re.MULTILINE
        )
        answers = self._using[pattern.pattern]
        found = []
        for path in sorted(self.tree.python):
            if path not in known and not is_test_path(path):
                told = answers.get(path)
                if told is None:
                    told = answers[path] = self._contains(path, pattern, silent=True)
                if told:
                    found.append(path)
        return found

    # --- deployment

    @cached_property
    def deployment(self) -> Deployment:
        """What the deployment and script files of the project say."""
        commands: list[Command] = []
        mentions: list[Mention] = []
        problems: list[tuple[str, int, str]] = []
        variables: list[Variable] = []
        containers: list[Container] = []
        for path in sorted(self.tree.deployment):
            try:
                found = self._deployed(path)
            except SourceError as error:
                problems.append((path, 1, error.message))
                continue
            commands.extend(found.commands)
            mentions.extend(found.mentions)
            problems.extend(found.problems)
            variables.extend(found.variables)
            containers.extend(found.containers)
        return Deployment(tuple(commands), tuple(mentions), tuple(problems), tuple(variables), tuple(containers))

    def _deployed(self, path: str) -> Deployment:
        """What one deployment file says. Raises SourceError."""
        stat = self.tree.deployment[path]
        store = self.store if path not in self._overlay and path not in self.tree.python else None
        entry = store.lookup(path, stat, lambda: self.data(path)) if store is not None else None
        found = entry.deployment if entry is not None else None
        if found is None:
            from .deploy import read_deployment

            data = self.data(path)
            found = read_deployment(path, data.decode("utf-8", "replace")) if len(data) <= _LARGEST else Deployment()
            if store is not None:
                store.put(path, stat, data, concerns=False, facts=found)
        return found

    @property
    def imports(self) -> ImportGraph:
        """What the files import, by their texts."""
        from .imports import ImportGraph

        if self._imports is None or self._imports.size != len(self.tree.python):
            self._imports = ImportGraph(self.tree, self.data, self.questions)
        return self._imports

    def calling(self, sought: Sought) -> list[str]:
        """The files, tests left out, that may call something, as far as their texts tell."""
        importers = self._importers
        if importers is None or self._asked_of != len(self.tree.python):
            paths = filterfalse(self.is_test, self.tree.python)
            if importers is None:
                from .importers import Importers

                importers = self._importers = Importers(paths, self.data)
            else:
                importers.follow(paths, self.data, self._changed)
        elif self._changed:
            importers.change(self._changed)
        self._changed, self._asked_of = set(), len(self.tree.python)
        self.questions.sought.update(importers.names(sought))
        return importers.of(sought)

    # --- names of modules

    def _import_roots(self) -> list[str]:
        """Folders (relative, "" for the root) that Python is likely to have on its path, the deepest first."""
        roots = {"", "src"} & (self._folders | {""})
        for path in self.tree.python:
            folder, name = posixpath.split(path)
            if name == "manage.py":
                roots.add(folder)
        for package in self._packages:
            parent = posixpath.dirname(package)
            if package and parent not in self._packages:
                roots.add(parent)
        return sorted(roots, key=lambda r: (-r.count("/") if r else 1, r))

    def module_name(self, path: str) -> str:
        """The name under which the project imports the file."""
        known = self._names.get(path)
        if known is not None:
            return known
        base = self.import_root(path)
        if base == posixpath.dirname(path) and base not in self._strong_roots and self._evident.of(path) is None:
            # a file outside packages: named from the nearest folder that is likely on the path
            base = next((r for r in self._roots if _below(path, r) and r in self._strong_roots), "")
        relative = path[len(base) + 1 :] if base else path
        name = relative.removesuffix(".py").replace("/", ".")
        name = name.removesuffix(".__init__") if name != "__init__" else name
        self._names[path] = name
        return name

    @cached_property
    def _strong_roots(self) -> set[str]:
        managed = {posixpath.dirname(p) for p in self.tree.python if posixpath.basename(p) == "manage.py"}
        return managed | {"", "src"}

    def import_root(self, path: str) -> str:
        """The folder from which the file's package is imported."""
        known = self._bases.get(path)
        if known is None:
            known = self._evident.of(path)
            if known is None:
                known = posixpath.dirname(path)
                while known in self._packages and known and not self._evident.may_be(known):
                    known = posixpath.dirname(known)
            self._bases[path] = known
        return known

    def _concerning(self) -> Iterator[Module]:
        """The modules that concern Celery, tests left out."""
        for path in self.tree.python:
            if not is_test_path(path) and self.concerns_celery(path):
                module = self.module(path)
                if module is not None:
                    yield module

    def _text(self, path: str) -> bytes:
        try:
            return self.questions.quote(path)
        except SourceError:
            return b""

    def _started(self) -> list[str]:
        """What commands of deployment files give to `celery -A`."""
        return [command.app for command in self.deployment.commands if command.app]

    def path_of(self, dotted: str, near: str | None = None) -> str | None:
        """The file of a module by its import name; of several, that nearest to the file `near`."""
        key = (dotted, self.import_root(near) if near is not None else "")
        try:
            return self._found[key]
        except KeyError:
            pass
        found = None
        if dotted.partition(".")[0] in LIBRARIES:
            return None
        relative = dotted.replace(".", "/")
        for base in self._roots_for(near):
            place = f"{base}/{relative}" if base else relative
            for candidate in (f"{place}/__init__.py", f"{place}.py"):
                if candidate in self.tree.python:
                    found = candidate
                    break
            if found is not None:
                break
        self._found[key] = found
        return found

    def has(self, dotted: str, near: str | None = None) -> bool:
        """Whether the project has such a module, package or namespace folder."""
        if self.path_of(dotted, near) is not None:
            return True
        if dotted.partition(".")[0] in LIBRARIES:
            return False
        relative = dotted.replace(".", "/")
        return any((f"{base}/{relative}" if base else relative) in self._folders for base in self._roots_for(near))

    def on_disk(self, dotted: str) -> bool:
        """Whether there is such a module or folder beside the project's own: compiled, generated or ignored by git."""
        known = self.seen.get(dotted)
        if known is None:
            known = self.seen[dotted] = is_on_disk(self.root, self.tree, dotted)
        return known

    def _roots_for(self, near: str | None) -> list[str]:
        if near is None:
            return self._roots
        own = self.import_root(near)
        inside = [own] + [r for r in self._roots if r != own and _below(near, r)]
        folder = posixpath.dirname(near)
        rest = [r for r in self._roots if r not in inside]
        # a script's own folder is on its path
        return inside + ([folder] if folder not in self._packages and folder not in inside else []) + rest

    def relative(self, path: str, target: str) -> str | None:
        """The absolute name of a relative import target as written in the file; None where it leaves the project."""
        level = len(target) - len(target.lstrip("."))
        name = self.module_name(path)
        parts = name.split(".")
        if posixpath.basename(path) != "__init__.py":
            parts = parts[:-1]
        if level - 1 > len(parts):
            return None
        parts = parts[: len(parts) - (level - 1)]
        rest = target[level:]
        return ".".join([*parts, rest] if rest else parts) or None


def _folders(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = posixpath.dirname(path)
        while folder and folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")

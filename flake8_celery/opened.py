"""A project whose files are listed, and read when somebody asks for what they say."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from .cache import Store
from .discovery import is_on_disk
from .source import SourceError, concerns_celery, concerns_transactions, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .config import Config
    from .discovery import Tree
    from .memo import Memo
    from .project import Project


class Opened:
    """`memo` is what is known of the project from an earlier run, None where nothing is; `warm` is called with the
    project when it is to be read."""

    def __init__(
        self,
        root: Path,
        config: Config,
        tree: Tree,
        use_cache: bool = True,
        warm: Callable[[Project], None] = lambda _: None,
    ) -> None:
        self.root = root
        self.config = config
        self.tree = tree
        self.memo: Memo | None = None
        self.silent = False
        """Whether no file concerns Celery, as far as that has been looked for (`look_through`)."""
        self._use_cache = use_cache
        self._warm = warm
        self._answers: dict[str, bool] = {}
        self._texts: Mapping[str, bytes] = {}

    @classmethod
    def of(cls, project: Project) -> Opened:
        """A project that has been read already, of which no memo tells."""
        opened = cls(project.root, project.config, project.index.tree)
        opened.__dict__["project"] = project
        opened.__dict__["store"] = project.index.store
        return opened

    def overlaid(self, texts: Mapping[str, bytes]) -> Opened:
        """The project with these texts in the place of those on disk, by their paths; no memo tells of it."""
        opened = Opened(self.root, self.config, self.tree, self._use_cache, self._warm)
        opened._texts = texts
        opened.__dict__["store"] = self.store
        return opened

    def beside(self, path: str, stat: tuple[int, int]) -> Opened:
        """The project with one file more; no memo tells of it."""
        tree = replace(self.tree, python={**self.tree.python, path: stat})
        opened = Opened(self.root, self.config, tree, self._use_cache)
        opened.__dict__["store"] = self.store
        return opened

    @cached_property
    def store(self) -> Store | None:
        """The facts of the last run, None without a cache."""
        return Store.open(self.root) if self._use_cache else None

    def save(self) -> None:
        """Keep the facts of the files that were read, be it beside other texts than those on disk. Never raises."""
        store: Store | None = self.__dict__.get("store")
        if store is not None:
            store.save()

    @property
    def keeps(self) -> Path | None:
        """The file of the store, None without a cache."""
        return Store.place(self.root) if self._use_cache else None

    @cached_property
    def project(self) -> Project:
        from .index import Index
        from .project import Project

        index = Index(self.root, self.tree, self.store)
        for path, data in self._texts.items():
            index.overlay(path, data)
        project = Project(index, self.config)
        self._warm(project)
        return project

    def concerns(self, path: str) -> bool:
        """Whether a file of the project concerns Celery, by its own text or by a house decorator."""
        return not self.silent and self.project.concerns(path)

    @property
    def is_read(self) -> bool:
        return "project" in self.__dict__

    def data(self, path: str) -> bytes:
        """The bytes of a file. Raises SourceError."""
        if self.is_read:
            return self.project.index.data(path)
        held = self._texts.get(path)
        return held if held is not None else read(os.path.join(self.root, path))

    def on_disk(self, dotted: str) -> bool:
        """Whether there is such a module or folder beside the project's own."""
        known = self._answers.get(dotted)
        if known is None:
            known = self._answers[dotted] = is_on_disk(self.root, self.tree, dotted)
        return known

    @property
    def seen(self) -> dict[str, bool]:
        """What was asked of the disk beyond the project's files."""
        return self.project.index.seen if self.is_read else {}


def look_through(opened: Opened, timeout: float) -> bool:
    """Whether a project is `silent`: no file of it concerns Celery, so that nothing else has to be known of any."""
    if opened.config.task_decorators:
        return False
    store = opened.store
    with store.locked(timeout) if store is not None else nullcontext():
        if store is not None:
            store.reload()
        opened.silent = _is_silent(opened, store)
        if store is not None:
            if opened.silent:
                store.forget({*opened.tree.python, *opened.tree.deployment})
            store.save()
    return opened.silent


def _is_silent(opened: Opened, store: Store | None) -> bool:
    # where there is Celery, one of the first is about it
    for path in sorted(opened.tree.python, key=lambda path: "celery" not in path and "task" not in path):
        stat = opened.tree.python[path]
        try:
            entry = store.lookup(path, stat, partial(opened.data, path)) if store is not None else None
            if entry is None:
                data = opened.data(path)
                if concerns_celery(data):
                    return False
                if store is not None:
                    store.put(path, stat, data, concerns=False, transactions=concerns_transactions(data))
            elif entry.concerns:
                return False
        except SourceError:
            return False
    return True

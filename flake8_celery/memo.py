"""What the rules found in the files of a project, kept on disk for as long as nothing that they looked at changes.

Any file may decide about a finding in any other, so that a memo holds for the whole project as it was, or not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cache import RACY_NS, Store, content_hash, fingerprint
from .hashing import blake2b
from .place import Span
from .source import SourceError
from .versions import sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .changes import Change
    from .diagnostics import Diagnostic, Selection
    from .opened import Opened
    from .project import Project
    from .questions import Questions

_LARGEST = 1 << 28
_IGNORED = ".gitignore"
"""Of the project's root: a rule asks whether a module is left out of it."""
_PATIENCE = 5.0
"""Seconds to wait for another process that saves."""


@dataclass(slots=True)
class Memo:
    """`stamp` and `state` stand for the project, by the times of its files and by their content. `found` are the
    findings by path, before anything silences them. `deployment` are the findings in deployment files and the problems
    with them, None while nobody has asked. `app` is where flake8 reports them: None while that
    is not known, "" as its path where there is no app. `seen` are the questions about the disk beyond the project's
    files, and their answers."""

    path: Path
    stamp: str | None
    state: str = ""
    found: dict[str, list[Diagnostic]] = field(default_factory=dict)
    deployment: tuple[list[Diagnostic], list[tuple[str, int, str]]] | None = None
    app: tuple[str, Span] | None = None
    seen: dict[str, bool] = field(default_factory=dict)
    changed: bool = False
    loaded: bool = False
    """Whether anything was kept for this state of the project."""
    rules: str = ""
    """Stands for the rules that were asked."""
    contents: dict[str, str | None] = field(default_factory=dict)
    """What stands for the content of Python files, None for those that are new or have changed."""
    others: str = ""
    """Stands for the content of all other files that rules look at."""
    before: str = ""
    """The state whose findings were taken over, "" where they are of the state itself."""
    gone: frozenset[str] = frozenset()
    """The files that have changed since."""
    questions: Questions | None = None
    """What was asked of the files in the state before."""
    unread: str | None = None
    """The number of the questions that led to what was loaded, as long as they are not known here: None where nothing
    was loaded, "" where they can no longer be had."""
    _on_disk: tuple[int, int, dict[str, Any]] | None = None

    @classmethod
    def open(cls, opened: Opened, selection: Selection) -> Memo | None:
        """What is kept for the project as it is now; an empty one where there is nothing, and one without a state
        where a file is new to the cache or has changed. None without a cache. Never raises."""
        place = opened.keeps
        if place is None:
            return None
        rules = repr((opened.config, selection))
        name = blake2b(rules.encode(), digest_size=6).hexdigest()
        memo = cls(place.with_name(f"{place.stem}.{name}.found.json"), None, rules=rules)
        try:
            memo.stamp = _stamp(opened, rules)
            if memo.load(opened):
                return memo
            store = opened.store
            assert store is not None
            memo.contents = store.contents(opened.tree.python, opened.data)
            memo.others = _others(opened, store)
        except (OSError, SourceError):
            return None
        if None not in memo.contents.values():
            memo.state = memo.state_of({})
            # times that have changed without the texts are kept
            memo.changed = memo.load(opened) and memo.stamp is not None
        return memo

    @property
    def asked(self) -> Path:
        """The file of the questions that were asked of the project's files."""
        return self.path.with_suffix(".asked.json")

    def state_of(self, contents: Mapping[str, str]) -> str:
        """Stands for the project by what its files hold, with `contents` in the place of theirs."""
        known = {**self.contents, **contents}
        text = "".join(f"{path}\0{content}\0" for path, content in known.items())
        said = f"{fingerprint()}\0{self.rules}\0{text}\0{self.others}"
        return blake2b(said.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

    def outlive(self, before: str, questions: Questions, changes: Mapping[str, Change]) -> None:
        """Keep of the findings of the state `before` what changes of some files leave as it was, and as certain."""

        def followed(path: str, found: list[Diagnostic]) -> list[Diagnostic] | None:
            own = changes.get(path)
            now = own.own(found) if own is not None else found
            for change in changes.values():
                if now and change is not own:
                    now = change.said(now)
            return now

        self.found = {path: now for path, found in self.found.items() if (now := followed(path, found)) is not None}
        if self.deployment is not None:
            found, problems = followed("", self.deployment[0]), self.deployment[1]
            self.deployment = (found, problems) if found is not None else None
        if self.app is not None and self.app[0] in changes:
            at = changes[self.app[0]].place(self.app[1])
            self.app = (self.app[0], at) if at is not None else None
        self.before, self.questions, self.gone, self.changed = before, questions, frozenset(changes), True
        self.unread = None

    def load(self, opened: Opened) -> bool:
        """Take over what is kept on disk for the same state; whether there was anything. Never raises."""
        try:
            kept = self._kept()
            same = kept["state"] == self.state if self.state else kept["stamp"] == self.stamp is not None
            seen = {str(name): bool(answer) for name, answer in kept["seen"].items()}
            if not same or any(opened.on_disk(name) != answer for name, answer in seen.items()):
                return False
            found = {path: _diagnostics(path, items) for path, items in kept["found"].items()}
            found.update((path, []) for path in kept["clean"])
            deployment, app = kept["deployment"], kept["app"]
            if deployment is not None:
                deployment = (
                    [d for path, items in deployment[0].items() for d in _diagnostics(path, items)],
                    [(str(path), int(line), str(message)) for path, line, message in deployment[1]],
                )
            number = str(kept["asked"])
            self.app = (str(app[0]), Span(*map(int, app[1]))) if app is not None else self.app
            self.state = str(kept["state"])
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, the rules are asked again
            return False
        self.found = found | self.found
        self.deployment = self.deployment or deployment
        self.seen = seen | self.seen
        self.unread = number if self.unread in (None, number) else ""
        self.loaded = True
        return True

    def _kept(self) -> dict[str, Any]:
        """What is on disk. Raises an exception of any kind."""
        status = self.path.stat()
        if status.st_size > _LARGEST:
            raise ValueError("too large")
        version = status.st_ino, status.st_mtime_ns
        if self._on_disk is None or self._on_disk[:2] != version:
            self._on_disk = (*version, json.loads(self.path.read_bytes()))
        return self._on_disk[2]

    def save(self, opened: Opened) -> None:
        """Write what is known, with what other processes have learned meanwhile. Never raises."""
        if self.changed:
            # one after the other: nothing of what another process has just learned is lost
            with Store(opened.root, opened.keeps).locked(_PATIENCE):
                self._save(opened)

    def _save(self, opened: Opened) -> None:
        self.seen |= opened.seen
        self.load(opened)
        kept: dict[str, object] = {
            "stamp": self.stamp,
            "state": self.state,
            "asked": self._save_questions(opened),
            "seen": self.seen,
            "clean": [path for path, found in self.found.items() if not found],
            "found": {path: [packed(d) for d in found] for path, found in self.found.items() if found},
            "deployment": None,
            "app": [self.app[0], _numbers(self.app[1])] if self.app is not None else None,
        }
        if self.deployment is not None:
            by_path: dict[str, list[object]] = {}
            for diagnostic in self.deployment[0]:
                by_path.setdefault(diagnostic.path, []).append(packed(diagnostic))
            kept["deployment"] = [by_path, self.deployment[1]]
        if keep(self.path, kept):
            self.changed = False

    def _save_questions(self, opened: Opened) -> str:
        """Write what was asked of the files for all that is known now; the number it is kept under, "" where not all
        of it can be had. What is found names that number, for other processes write both files, too."""
        from .questions import Questions

        questions = self.questions or Questions(opened.data)
        if self.unread is not None and not questions.load(self.asked, self.unread):
            return ""
        if opened.is_read:
            questions.absorb(learned(opened.project))
        number = os.urandom(8).hex()
        if not keep(self.asked, {"number": number, **questions.packed()}):
            return ""
        self.unread = number
        return number


def learned(project: Project) -> dict[str, object]:
    """What was asked of the files of a project, for JSON."""
    from .questions import Questions

    questions = Questions(project.index.data)
    questions.absorb(project.index.questions.packed())
    questions.tests |= {path for path in project.names.reads.paths() if project.index.is_test(path)}
    questions.configuring |= project.settings_files
    return questions.packed()


def keep(path: Path, content: object) -> bool:
    """Write a file that only its owner may read, as a whole or not at all; whether that went well."""
    import tempfile  # a run that writes nothing does without

    with contextlib.suppress(OSError, ValueError):
        handle, draft = tempfile.mkstemp(prefix=path.stem, suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(content, separators=(",", ":")).encode("ascii"))
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
        return True
    return False


def packed(diagnostic: Diagnostic) -> list[object]:
    """A finding without its path, for JSON."""
    d = diagnostic
    return [d.code, d.message, *_numbers(d.span), d.remedy, d.cure]


def _numbers(span: Span) -> list[int]:
    return [span.line, span.column, span.end_line, span.end_column]


def diagnostic_of(path: str, item: Sequence[Any]) -> Diagnostic:
    """The finding of what `packed` gave."""
    from .diagnostics import Diagnostic

    code, message, *place, remedy, cure = item
    return Diagnostic(str(code), str(message), path, Span(*map(int, place)), remedy=str(remedy), cure=str(cure))


def _diagnostics(path: str, items: Sequence[Sequence[Any]]) -> list[Diagnostic]:
    return [diagnostic_of(path, item) for item in items]


def _stamp(opened: Opened, rules: str) -> str | None:
    """Stands for the names, times and sizes of all files that rules look at; None while one has changed so lately that
    it may change again and keep its time."""
    files = {**opened.tree.python, **opened.tree.deployment}
    for path in (*sources(list(files)), _IGNORED):
        if path not in files:
            try:
                status = os.stat(os.path.join(opened.root, path))
            except OSError:
                continue
            files[path] = status.st_mtime_ns, status.st_size
    if max((mtime for mtime, _ in files.values()), default=0) + RACY_NS > opened.tree.listed:
        return None
    known = repr((fingerprint(), rules, files)).encode("utf-8", "surrogateescape")
    return blake2b(known, digest_size=16).hexdigest()


def _others(opened: Opened, store: Store) -> str:
    """Stands for the content of the files that are no Python but that rules look at. Raises SourceError."""
    tree = opened.tree
    known = {path: stat for path, stat in tree.deployment.items() if path not in tree.python}
    contents = store.contents(known, opened.data)
    for path in {*tree.deployment, *sources([*tree.deployment, *tree.python]), _IGNORED}:
        if contents.get(path) is None:
            try:
                contents[path] = content_hash((opened.root / path).read_bytes())
            except OSError as error:
                contents[path] = str(error.errno)
    return repr(sorted(contents.items()))

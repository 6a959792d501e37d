"""The findings that a project has decided to live with, in a file.

A finding is known by its file, its code and the text of its line, never by the number of the line: what moves about is
still known. Of findings that are the same in all three, the file says how many there are.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .config import BASELINE, Config, ConfigError

if TYPE_CHECKING:
    from .diagnostics import Diagnostic

MAGIC = "flake8-celery"
VERSION = 1
_CODE = re.compile(r"CEL[0-9]{3}")
_KEYS = ("path", "code", "line", "count")


def place(root: Path, config: Config) -> Path | None:
    """The baseline's file of a project, None where it has none. Raises ConfigError where a file that is named is not
    there."""
    if config.baseline is None:
        usual = root / BASELINE
        return usual if usual.is_file() else None
    if not config.baseline:
        return None
    path = root / config.baseline
    if not path.exists():
        raise ConfigError(f"{path}: `baseline`: no such file; `flake8-celery check --write-baseline` writes it")
    return path


def place_to_write(root: Path, config: Config) -> Path:
    """Where the baseline's file of a project is to be, whether it is there or not."""
    return root / (config.baseline or BASELINE)


class Known(NamedTuple):
    """A finding of the baseline. `path` is relative to the folder of the baseline's file, with slashes; `line` is the
    text of the line, each run of white space one blank."""

    path: str
    code: str
    line: str


class Baseline:
    """What a baseline's file lists, and which of it was found in this run.

    It may be asked about a file as often as one likes: each time begins anew.
    """

    def __init__(self, path: Path, counts: Mapping[Known, int]) -> None:
        self.path = path
        self.counts = dict(counts)
        self._folder = os.path.realpath(path.parent)
        self._of_file: dict[str, dict[Known, int]] = {}
        for known, count in self.counts.items():
            self._of_file.setdefault(known.path, {})[known] = count
        self._seen: dict[str, Counter[Known]] = {}

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Read the file. Raises ConfigError, which names the file and what is wrong in it."""
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise ConfigError(f"{path}: cannot read the baseline: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: no baseline: {error.reason} at byte {error.start}") from error
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{path}:{error.lineno}: no baseline: {error.msg}") from error
        except RecursionError as error:
            raise ConfigError(f"{path}: no baseline: nested too deeply") from error
        return cls(path, _counts(document, path))

    def relative(self, file: Path) -> str:
        """The path of a file as the baseline names it."""
        real = os.path.join(os.path.realpath(file.parent), file.name)
        try:
            return os.path.relpath(real, self._folder).replace(os.sep, "/")
        except ValueError:  # another drive
            return real.replace(os.sep, "/")

    def known(self, file: Path, lines: Sequence[str], diagnostic: Diagnostic) -> Known:
        number = diagnostic.span.line
        text = lines[number - 1] if 0 < number <= len(lines) else ""
        return Known(self.relative(file), diagnostic.code, " ".join(text.split()))

    def new(self, file: Path, lines: Sequence[str], found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Those of all findings in one file that the baseline does not list, or not as often. `lines` are its text."""
        listed = self._of_file.get(self.relative(file), {})
        seen: Counter[Known] = Counter()
        self._seen[self.relative(file)] = seen
        fresh = []
        for diagnostic in found:
            known = self.known(file, lines, diagnostic)
            seen[known] += 1
            if seen[known] > listed.get(known, 0):
                fresh.append(diagnostic)
        return fresh

    @property
    def seen(self) -> Counter[Known]:
        """All that was found in this run, listed or not."""
        total: Counter[Known] = Counter()
        for seen in self._seen.values():
            total.update(seen)
        return total

    @property
    def quiet(self) -> int:
        """How many findings of this run it has kept quiet."""
        return sum((self.seen & Counter(self.counts)).values())

    def gone(self, looked_for: Callable[[Known], bool]) -> Counter[Known]:
        """The findings that the run would have come upon, as `looked_for` says, and that are no more."""
        return Counter({k: n for k, n in (Counter(self.counts) - self.seen).items() if looked_for(k)})


def render(counts: Mapping[Known, int]) -> str:
    """The text of a baseline's file: one line for each finding, in order, so that versions of it merge well."""
    items = (
        json.dumps({"path": k.path, "code": k.code, "line": k.line, "count": n}, ensure_ascii=False)
        for k, n in sorted(counts.items())
        if n > 0
    )
    listed = ",\n".join(f"    {item}" for item in items)
    findings = f"[\n{listed}\n  ]" if listed else "[]"
    return f'{{\n  "{MAGIC}": "baseline",\n  "version": {VERSION},\n  "findings": {findings}\n}}\n'


def _counts(document: object, path: Path) -> dict[Known, int]:
    if not isinstance(document, dict) or document.get(MAGIC) != "baseline":
        raise ConfigError(f"{path}: no baseline: the key `{MAGIC}` does not say so")
    if type(document.get("version")) is not int or document["version"] != VERSION:
        raise ConfigError(f"{path}: `version` is {json.dumps(document.get('version'))}, this release reads {VERSION}")
    for key in document:
        if key not in (MAGIC, "version", "findings"):
            raise ConfigError(f"{path}: unknown key `{key}`")
    findings = document.get("findings")
    if not isinstance(findings, list):
        raise ConfigError(f"{path}: `findings` must be a list")
    counts: dict[Known, int] = {}
    for number, item in enumerate(findings):
        where = f"{path}: `findings[{number}]`"
        if not isinstance(item, dict):
            raise ConfigError(f"{where} must be an object")
        for key in item:
            if key not in _KEYS:
                raise ConfigError(f"{where}: unknown key `{key}`")
        for key in ("path", "code", "line"):
            if not isinstance(item.get(key), str):
                raise ConfigError(f"{where}: `{key}` must be a string")
        if not _CODE.fullmatch(item["code"]):
            raise ConfigError(f"{where}: `code`: `{item['code']}` is no code of a rule")
        count = item.get("count")
        if type(count) is not int or count < 1:
            raise ConfigError(f"{where}: `count` must be a whole number above 0")
        known = Known(posixpath.normpath(item["path"]), item["code"], item["line"])
        counts[known] = max(count, counts.get(known, 0))  # two branches may have added the same
    return counts

"""Whether names are used anywhere, as far as the text of the project tells.

Not resolved: a name that is read from anything counts. That is enough to leave alone what a project has named for its
own use.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .source import SourceError

if TYPE_CHECKING:
    from .index import Index

_COMMENT = r"^[ \t]*\#.*$"
_NO_TARGET = r"(?![ \t]*(?::[^=\n()]+)?=[^=])"


def attributes_read(index: Index, paths: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Those of the names that code in these files reads from a task or from its options: `self.name`, `task.name`,
    `getattr(f, "name")`, `options.pop("name")`."""
    return _found(
        index,
        paths,
        names,
        rf"\b(?:self|cls|sender|\w*task\w*)\.(@)\b{_NO_TARGET}",
        r"""(?:attr\([^()\n]*|\b(?:pop|get|setdefault)\(|\[)["'](@)["']""",
    )


def used(index: Index, paths: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Those of the names of settings that code in these files reads from something: `settings.NAME`, `conf["NAME"]`.
    Assignments do not count, nor does the name of an environment variable."""
    return _found(
        index,
        paths,
        names,
        rf"\.(@)\b{_NO_TARGET}",
        r"""attr\([^()\n]*["'](@)["']""",
        r"""(?:conf|config|settings|options)\w*(?:\.get\(|\[)\s*["'](@)["'](?!\][ \t]*=[^=])""",
    )


def named(index: Index, paths: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Those of the names that code in these files uses as they are: `NAME + 60`, `import NAME`."""
    return _found(index, paths, names, rf"""(?<![\w."'])(@)\b(?!["']){_NO_TARGET}""")


def imported(index: Index, path: str, packages: Iterable[str]) -> frozenset[str]:
    """Those of the packages that a file imports, itself or from them."""
    return _found(index, [path], packages, r"^[ \t]*from[ \t]+(@)\b", r"^[ \t]*import[ \t]+(?:[\w., \t]*[ \t,])?(@)\b")


def deployed(index: Index, word: str) -> bool:
    """Whether a deployment, script or environment file holds the word."""
    pattern = re.compile(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)")
    return any(pattern.search(_text(index, path)) is not None for path in index.tree.deployment)


def _text(index: Index, path: str) -> bytes:
    try:
        return index.data(path)
    except SourceError:
        return b""


def _found(index: Index, paths: Iterable[str], names: Iterable[str], *shapes: str) -> frozenset[str]:
    """The names that stand in one of the shapes, at the place of the "@"."""
    names = frozenset(names)
    either = "|".join(map(re.escape, sorted(names)))
    if not either:
        return frozenset()
    pattern = re.compile("|".join([_COMMENT, *(shape.replace("@", either) for shape in shapes)]), re.MULTILINE)
    likely = [name.encode() for name in names]
    found: set[str] = set()
    for path in paths:
        with contextlib.suppress(SourceError):
            found.update(index.questions.words(path, pattern, likely))
    return frozenset(found)

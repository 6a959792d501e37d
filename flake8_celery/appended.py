"""Constants at the end of a file that is otherwise as it was, and who may know them: what can be told without facts.

That is much less work than to compare facts, which have to be gathered first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from .cache import content_hash
from .knowledge.settings import MODERN

if TYPE_CHECKING:
    from .cache_file import Entry

_NUMBER = rb"(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,99})?"
_CONSTANTS = re.compile(rb"(?:[ \t]*\r?\n|([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*%b[ \t]*\r?\n)*" % _NUMBER)
"""Lines that mean the same whatever stands above them. No keyword is written in capitals."""
_NAME = re.compile(rb"[A-Z]\w*")


def appended(data: bytes, before: Entry) -> set[str] | None:
    """The names of the constants that a file has after its earlier text, None where it has anything else."""
    text, more = data[: before.size], data[before.size :]
    if _CONSTANTS.fullmatch(more) is None or content_hash(text) != before.digest:
        return None
    if not text.endswith(b"\n") and more[:1].isalnum():
        return None  # they go on with its last line
    if text.rstrip(b"\r\n").endswith(b"\\") or text.endswith(b"\r"):
        return None
    return {name.decode("ascii") for name in _NAME.findall(more)}


def may_be_setting(name: str) -> bool:
    """Whether a name may be that of a setting, or of beat's schedule, with whatever stands before it."""
    lowered = name.lower()
    return "schedule" in lowered or "celery" in lowered or any(lowered.endswith(known) for known in MODERN)


def in_facts(names: Iterable[str]) -> list[bytes]:
    """How names stand in facts as they are kept."""
    return [json.dumps(name)[1:-1].encode("ascii") for name in names]


def named(words: Collection[bytes], facts: Iterable[bytes]) -> bool:
    """Whether facts, as they are kept, have one of the words of `in_facts`."""
    pattern = re.compile(as_words(word.decode("ascii") for word in words).encode("ascii"))
    return any(pattern.search(kept) is not None for kept in facts if any(word in kept for word in words))


def as_words(names: Iterable[str]) -> str:
    """A pattern for names as whole words, in texts in which "\\n" and the like stand for other characters."""
    return rf"(?:(?<![A-Za-z0-9_])|(?<=\\[a-z])|(?<=\\u....))(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9_])"

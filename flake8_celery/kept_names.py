"""Who may know a name: what can be told by facts as they are kept, without unpacking them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable

from .knowledge.settings import MODERN


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

"""Which known name a misspelt one is meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_SHORTEST = 4
_LONG = 8


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that `word` is a slip of: one letter off, or two where it is long; None where there is none, or where
    several are as near."""
    if len(word) < _SHORTEST:
        return None
    most = 2 if len(word) >= _LONG else 1
    best: list[str] = []
    for name in names:
        if name == word or abs(len(name) - len(word)) > most:
            continue
        found = distance(word, name, most)
        if found < most:
            most, best = found, [name]
        elif found == most:
            best.append(name)
    return best[0] if len(best) == 1 else None


@lru_cache(maxsize=1 << 14)
def distance(left: str, right: str, most: int) -> int:
    """How many letters are to be inserted, dropped, replaced or swapped with their neighbour; `most` + 1 for more."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if older and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)

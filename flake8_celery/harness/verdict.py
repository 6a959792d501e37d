"""What a fault did, told by what was observed before the run, after a clean run, and after the fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from numbers import Number
from typing import Any, Literal

Verdict = Literal["survived", "lost", "doubled", "different", "stuck"]
_LONGEST = 80


_NOTHING = object()
_Change = tuple[str, Verdict, Any, Any]


def compare(clean: Any, seen: Any, before: Any = _NOTHING) -> Verdict:
    """ "lost" where something is as it was before or less than in the clean run, "doubled" where it is more,
    "different" where it is neither, or both at once.

    What a clean run makes less, such as a stock, is doubled where it is still less.
    """
    changes = {change for _, change, _, _ in _changes("", clean, seen, before)}
    if not changes:
        return "survived"
    only: Verdict = changes.pop() if len(changes) == 1 else "different"
    return only


def differences(clean: Any, seen: Any) -> list[str]:
    """What differs, one line each: `orders[0].charged: 2 instead of 1`."""
    found = []
    for path, _, one, other in _changes("", clean, seen, _NOTHING):
        where = f"{path.removeprefix('.')}: " if path else ""
        found.append(f"{where}{_short(other)} instead of {_short(one)}")
    return found


def _short(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _changes(path: str, clean: Any, seen: Any, before: Any) -> Iterator[_Change]:
    if isinstance(clean, Mapping) and isinstance(seen, Mapping):
        earlier: Any = before if isinstance(before, Mapping) else {}
        for key in [*clean, *(key for key in seen if key not in clean)]:
            inner = f"{path}.{key}" if isinstance(key, str) and key.isidentifier() else f"{path}[{key!r}]"
            parts = (values.get(key, _NOTHING) for values in (clean, seen, earlier))
            yield from _changes(inner, *parts)
    elif _is_list(clean) and _is_list(seen):
        if len(clean) != len(seen):
            yield path, _by_number(len(clean), len(seen), _length(before)), clean, seen
            return
        earlier = before if _is_list(before) and len(before) == len(clean) else [_NOTHING] * len(clean)
        for index, values in enumerate(zip(clean, seen, earlier, strict=True)):
            yield from _changes(f"{path}[{index}]", *values)
    elif not _same(clean, seen):
        yield path, _change(clean, seen, before), clean, seen


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def _length(value: Any) -> Any:
    return len(value) if _is_list(value) or isinstance(value, AbstractSet) else _NOTHING


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)


def _change(clean: Any, seen: Any, before: Any) -> Verdict:
    if before is not _NOTHING and _same(seen, before):
        return "lost"
    for nothing in (_NOTHING, None):
        if seen is nothing:
            return "lost"
        if clean is nothing:
            return "doubled"
    if isinstance(clean, Number) and isinstance(seen, Number):
        return _by_number(clean, seen, before)
    if isinstance(clean, AbstractSet) and isinstance(seen, AbstractSet):
        return _by_number(len(clean), len(seen), _length(before))
    return "different"


def _by_number(clean: Any, seen: Any, before: Any) -> Verdict:
    if any(isinstance(number, complex) for number in (clean, seen, before)) or not (seen > clean or seen < clean):
        return "different"
    falls = isinstance(before, Number) and before > clean
    return "doubled" if (seen > clean) is not falls else "lost"

"""The grammar of `celery.schedules.crontab`: which moments its arguments mean, and what it refuses.

Own implementation of what Celery 5.7 does, quirks included: patterns are not anchored ("*/5 3" is "*/5"), and names of
months and days are taken in every field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .frozen import dataclass

FIELDS: dict[str, tuple[int, int]] = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day_of_week": (0, 6),
    "day_of_month": (1, 31),
    "month_of_year": (1, 12),
}
"""The first and last value of each field, in the order of the constructor's parameters."""
CRON_ORDER = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
"""The order of the fields in a cron expression."""
NO_DATE = "none of its months has such a day"
"""Why Celery 5.7 refuses dates that never come; before, it took them."""

_EVALUATED = ("hour", "minute", "day_of_week", "day_of_month", "month_of_year")
"""The order in which Celery looks at the fields: the first that is wrong is what it raises for."""

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = {name: number for number, name in enumerate(_DAYS)} | {name: number for number, name in enumerate(_MONTHS, 1)}
_LONGEST = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}

_RANGE_STEPS = re.compile(r"(\w+?)-(\w+)/(\w+)?")
_RANGE = re.compile(r"(\w+?)-(\w+)")
_STAR_STEPS = re.compile(r"\*/(\w+)?")
_STAR = re.compile(r"^\*$")
_STEPS = re.compile(r"\*/([0-9]+)")
_FEW = 3


class CrontabError(ValueError):
    """What `crontab` raises: the name of its exception, and why."""

    def __init__(self, exception: str, reason: str) -> None:
        super().__init__(exception, reason)
        self.exception = exception
        self.reason = reason


def expand(field: str, value: object) -> frozenset[object]:
    """The moments that the value of a field means. Raises CrontabError where Celery raises."""
    first, last = FIELDS[field]
    found: frozenset[object]
    if isinstance(value, int):
        found = frozenset({value})
    elif isinstance(value, str):
        found = frozenset(_Pattern(field).parse(value))
    elif isinstance(value, list | tuple | set | frozenset | dict):
        try:
            found = frozenset(value)
        except TypeError:
            raise CrontabError("TypeError", f"`{field}` takes numbers, not lists in a list") from None
    else:
        raise CrontabError(
            "TypeError", f"`{field}` takes a number, a text or a list, not {_article(type(value).__name__)}"
        )
    # a set has no order, and a message should not change from run to run
    for item in found if isinstance(value, str) else sorted(found, key=repr):
        if not isinstance(item, int | float):
            shown = f"`{item!r}`" if isinstance(item, str | None) else _article(type(item).__name__)
            raise CrontabError("TypeError", f"a list for `{field}` holds numbers, not {shown}")
        if item > last or item < first:
            raise _outside(field, item)
    return found


@dataclass(frozen=True, slots=True)
class Steps:
    """`*/step` where it does not mean every `step`: `values` is what it means, and after the last of them come `rest`
    minutes, hours, days or months to the first."""

    step: int
    values: tuple[int, ...]
    rest: int


def uneven(field: str, value: object) -> Steps | None:
    """The steps of a field that are longer than its range, or that fit into it so badly that only a few are left. Every
    60 minutes, 24 hours or 12 months is every hour, day or year. Raises nothing: None for what Celery refuses."""
    match = _STEPS.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[1]):
        return None
    step = int(match[1])
    first, last = FIELDS[field]
    size = last - first + 1
    values = tuple(range(first, last + 1, step))
    found = Steps(step, values, size - (values[-1] - first))
    if step > size:
        return found
    if size % step == 0:
        return None
    if field == "day_of_month":
        # months differ in length: what matters is a last day that is followed by the first at once
        return found if 2 * found.rest < step else None
    return found if len(values) <= _FEW else None


def problem(fields: Mapping[str, object]) -> CrontabError | None:
    """What `crontab(**fields)` raises, None where it takes them. Fields that are left out are `*`."""
    try:
        found = {field: expand(field, fields[field]) for field in _EVALUATED if field in fields}
        days = found.get("day_of_month", frozenset(range(1, 32)))
        months = found.get("month_of_year", frozenset(_LONGEST))
        if not any(_is_date(day, month) for month in months for day in days):
            return CrontabError("ValueError", NO_DATE)
    except CrontabError as error:
        return error
    return None


def fields_of(expression: str) -> dict[str, str]:
    """The fields of a cron expression as `crontab.from_string` divides it. Raises CrontabError."""
    parts = expression.split(" ")
    if len(parts) != len(CRON_ORDER):
        raise CrontabError(
            "ValueError", f"a cron expression has 5 fields with one space between them, not {len(parts)}"
        )
    return dict(zip(CRON_ORDER, parts, strict=True))


def _is_date(day: object, month: object) -> bool:
    if not isinstance(month, int | float) or month not in _LONGEST:
        raise CrontabError("KeyError", "`month_of_year` takes whole numbers")
    return isinstance(day, int | float) and day <= _LONGEST[int(month)]


def _outside(field: str, value: object) -> CrontabError:
    first, last = FIELDS[field]
    return CrontabError("ValueError", f"`{field}` goes from {first} to {last}, `{value}` is outside")


def _article(kind: str) -> str:
    return "None" if kind == "NoneType" else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


class _Pattern:
    """The texts of one field."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.first, self.last = FIELDS[field]

    def parse(self, text: str) -> set[int]:
        found: set[int] = set()
        for part in text.split(","):
            if not part:
                raise CrontabError("ParseException", f"`{self.field}` has an empty part")
            found.update(self.part(part))
        return found

    def part(self, text: str) -> list[int]:
        if match := _RANGE_STEPS.match(text):
            return self.steps(self.range(match[1], match[2]) if match[3] else [], match[3])
        if match := _RANGE.match(text):
            return self.range(match[1], match[2])
        if match := _STAR_STEPS.match(text):
            return self.steps(self.all, match[1])
        if _STAR.match(text):
            return self.all
        return [self.number(text)]

    @property
    def all(self) -> list[int]:
        return list(range(self.first, self.last + 1))

    def steps(self, numbers: list[int], step: str | None) -> list[int]:
        if not step:
            raise CrontabError("ParseException", f"`{self.field}` has a `/` without a number")
        try:
            return numbers[:: int(step)]
        except ValueError:
            raise CrontabError("ValueError", f"`{self.field}` cannot have the step `{step}`") from None

    def range(self, start: str, end: str) -> list[int]:
        first, last = self.number(start), self.number(end)
        if last < first:
            return [*range(first, self.last + 1), *range(self.first, last + 1)]
        return list(range(first, last + 1))

    def number(self, text: str) -> int:
        if text.startswith("-"):
            raise CrontabError("ParseException", f"`{self.field}` cannot be negative")
        try:
            number = int(text)
        except ValueError:
            known = _NAMES.get(text[:3].lower())
            if known is None:
                raise CrontabError("ValueError", f"`{self.field}` does not understand `{text}`") from None
            number = known
        if not self.first <= number <= self.last:
            raise _outside(self.field, number)
        return number

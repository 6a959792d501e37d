"""Comments that say another time than the crontab beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..crontab import FIELDS, CrontabError, expand
from ..model import UNKNOWN, Finding, Module
from ..rule import rule
from .crontabs import literal_crontabs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_DAY = "|".join(_DAYS)
_VERB = (
    r"(?:(?:this |the )?(?:task |job )?(?:to |will |is |must |should )?(?:be )?"
    r"(?:runs?|run|executes?|executed|fires?|triggers?|triggered|schedules?|scheduled|called)\s+)?(?:it\s+|this\s+)?"
)
_THEN = r"(?=\s*(?:$|[.,;:()!-]|at (?:midnight|noon|[0-9])|utc\b))"
_PERIOD = re.compile(
    rf"{_VERB}(?:every (?P<number>[1-9][0-9]?) ?(?P<unit>min(?:ute)?s?|hours?)|every (?P<one>minute|hour)|hourly)"
    rf"{_THEN}",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    rf"{_VERB}(?:once (?:a week )?)?(?:(?:(?P<all>every|each)|on)\s+)?(?P<day>{_DAY})s?{_THEN}", re.IGNORECASE
)
_ANY_DAY = re.compile(rf"\b(?:{_DAY}|weekdays?|weekends?|daily|day|days|night)s?\b", re.IGNORECASE)
_ANY_PERIOD = re.compile(r"\b(?:every|each|hourly|daily|weekly|monthly|minutes?|mins?|hours?|per)\b", re.IGNORECASE)
_ZONE = re.compile(r"\b(?!(?:UTC|GMT|AM|PM)\b)[A-Z]{2,5}\b")
_OTHER_ZONE = re.compile(
    r"\b(?:[A-Z]{1,2}[DS]?T|CES?T|BST|IST|JST|GMT ?[+-]|UTC ?[+-]|local|time ?zone|eastern|pacific|was|were|not|"
    r"instead|until|TODO|FIXME|XXX|disabled|used to|previously|old)\b"
)


@rule("CEL723")
def comment_contradicts_crontab(module: Module, project: Project) -> Iterator[Finding]:
    """Crontabs beside a comment that plainly says another period or another day of the week."""
    for call, fields in literal_crontabs(module, project):
        moments = _moments(fields)
        if moments is None:
            continue
        for comment in project.comments(module, call.span):
            said = "" if _OTHER_ZONE.search(comment) else _period(comment, moments) or _weekday(comment, moments)
            if said:
                yield Finding(call.span, f'the comment says "{_shortened(comment)}", but the crontab fires {said}')
                break


def _moments(fields: dict[str, object]) -> dict[str, frozenset[object]] | None:
    """What each field means; None where one is not known, or the minute is not given."""
    if "minute" not in fields or any(value is UNKNOWN for value in fields.values()):
        return None
    try:
        return {field: expand(field, fields.get(field, "*")) for field in FIELDS}
    except CrontabError:
        return None


def _period(comment: str, moments: dict[str, frozenset[object]]) -> str:
    """How often the crontab fires, where the comment plainly says otherwise."""
    match = _PERIOD.match(comment)
    if match is None or len(_ANY_PERIOD.findall(comment)) > (2 if match["number"] else 1 + bool(match["one"])):
        return ""
    number = int(match["number"] or 1)
    minutes, hours = len(moments["minute"]), len(moments["hour"])
    if (match["unit"] or match["one"] or "hour").startswith("min"):
        if number > 30 or 60 // number <= minutes <= -(-60 // number):
            return ""
        return f"{_times(minutes)} an hour"
    if minutes > 1:
        return f"{_times(minutes)} an hour"
    if number >= len(expand("hour", "*")) or (hours > 1 and number == 1) or 24 // number <= hours <= -(-24 // number):
        return ""
    return f"{_times(hours)} a day"


def _weekday(comment: str, moments: dict[str, frozenset[object]]) -> str:
    """On which days the crontab fires, where the comment plainly names another."""
    match = _WEEKDAY.match(comment)
    if match is None or _ZONE.search(comment) or len(_ANY_DAY.findall(comment)) > 1 or _is_dated(moments):
        return ""
    meant = [day.lower() for day in _DAYS].index(match["day"].lower())
    days = sorted(day for day in moments["day_of_week"] if isinstance(day, int))
    if meant in days:
        return "every day" if len(days) == len(_DAYS) and match["all"] else ""
    return f"on {_DAYS[days[0]]}" if len(days) == 1 else ""


def _is_dated(moments: dict[str, frozenset[object]]) -> bool:
    return any(moments[field] != expand(field, "*") for field in ("day_of_month", "month_of_year"))


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _shortened(comment: str) -> str:
    return comment if len(comment) <= 60 else f"{comment[:57]}..."

"""The crontab grammar, beside Celery's own."""

from __future__ import annotations

from collections.abc import Callable

import celery
import pytest
from celery.schedules import ParseException, crontab
from hypothesis import example, given
from hypothesis import strategies as st

from flake8_celery.crontab import CRON_ORDER, FIELDS, CrontabError, expand, fields_of, problem, uneven

pytestmark = pytest.mark.skipif(celery.VERSION < (5, 7), reason="the grammar is that of Celery 5.7")


def outcome(make: Callable[[], crontab]) -> crontab | str:
    """Celery's schedule, or the name of what it raises."""
    try:
        return make()
    except (KeyError, ParseException, TypeError, ValueError) as error:
        return type(error).__name__


_TEXTS = """
* 0 1 5 07 12 23 24 30 31 59 60 100 mon Sunday jan DEC sat. x - -1 / */ */5 */0 */90 1-5 5-1 mon-fri sat-sun 0/15 1-10/3
1-10/ 22-2/2 L 5L 1#2 ? 1_0 ٣ */x 2- -2-3 1--2 *-5
"""
_WORDS = st.sampled_from([*_TEXTS.split(), "", " ", "fri ", "*/5 3", "1-5 2", "* *"])
_PATTERNS = st.lists(_WORDS, min_size=1, max_size=3).map(",".join) | st.text("0123456789*/-,mon janfeb", max_size=7)
_NUMBERS = st.integers(-2, 62)
_ITEMS = _NUMBERS | st.sampled_from([1.5, 2.0, True])
_VALUES = (
    _PATTERNS
    | _NUMBERS
    | st.lists(_ITEMS, max_size=3)
    | st.lists(_ITEMS, max_size=3).map(tuple)
    | st.sets(_NUMBERS, max_size=3)
    | st.sampled_from([None, 1.5, True, {1: 2}, [[1]], {"0": 1}, ["1"], ["mon", "fri"], [None], [(1,)], (1, "2")])
)


@given(st.dictionaries(st.sampled_from(list(FIELDS)), _VALUES, max_size=3))
@example({"day_of_month": 30, "month_of_year": 2})
@example({"day_of_month": "30,31", "month_of_year": "feb,4"})
@example({"day_of_month": []})
@example({"month_of_year": []})
@example({"month_of_year": [1.5]})
@example({"minute": "*/5 3 * * *"})
def test_it_refuses_what_celery_refuses(fields: dict[str, object]) -> None:
    expected, found = outcome(lambda: crontab(**fields)), problem(fields)
    if isinstance(expected, str):
        assert found is not None
        assert found.exception == expected
        assert found.reason
    else:
        assert found is None
        for field, value in fields.items():
            assert set(expand(field, value)) == getattr(expected, field)


@given(st.lists(_WORDS, min_size=4, max_size=6).map(" ".join))
@example("0 3 * * mon")
@example("0  3 * * *")
def test_expressions(text: str) -> None:
    expected = outcome(lambda: crontab.from_string(text))
    found: CrontabError | None
    try:
        found = problem(fields_of(text))
    except CrontabError as error:
        found = error
    assert (found.exception if found is not None else "") == (expected if isinstance(expected, str) else "")


def test_the_order_of_an_expression() -> None:
    assert fields_of("1 2 3 4 5") == dict(zip(CRON_ORDER, "12345", strict=True))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"hour": 24}, "`hour` goes from 0 to 23, `24` is outside"),
        ({"day_of_week": "7"}, "`day_of_week` goes from 0 to 6, `7` is outside"),
        ({"day_of_week": ["mon"]}, "a list for `day_of_week` holds numbers, not `'mon'`"),
        ({"minute": "0/15"}, "`minute` does not understand `0/15`"),
        ({"minute": 0.5}, "`minute` takes a number, a text or a list, not a float"),
        ({"hour": None}, "`hour` takes a number, a text or a list, not None"),
        ({"day_of_month": 31, "month_of_year": "4,6"}, "none of its months has such a day"),
    ],
)
def test_reasons(fields: dict[str, object], reason: str) -> None:
    found = problem(fields)
    assert found is not None
    assert found.reason == reason


@pytest.mark.parametrize("field", FIELDS)
@given(step=st.integers(0, 100))
def test_uneven_steps_mean_what_celery_takes_them_for(field: str, step: int) -> None:
    found = uneven(field, f"*/{step}")
    first, last = FIELDS[field]
    size = last - first + 1
    if step and (step > size or (field == "day_of_month" and step <= 2 * ((size - 1) % step + 1)) or size % step == 0):
        assert (found is not None) == (step > size)
    if found is not None:
        assert set(found.values) == getattr(crontab(**{field: f"*/{step}"}), field)
        assert found.values[-1] + found.rest == first + size
        assert found.step == step


@pytest.mark.parametrize(
    ("field", "value", "reported"),
    [
        ("minute", "*/90", True),
        ("minute", "*/45", True),
        ("minute", "*/25", True),
        ("minute", "*/7", False),
        ("minute", "*/60", False),
        ("minute", "*/20", False),
        ("minute", "5-50/45", False),
        ("minute", "*/45,50", False),
        ("minute", "*/x", False),
        ("minute", 90, False),
        ("hour", "*/48", True),
        ("hour", "*/24", False),
        ("hour", "*/5", False),
        ("hour", "*/10", True),
        ("day_of_week", "*/2", False),
        ("day_of_week", "*/3", True),
        ("day_of_month", "*/2", False),
        ("day_of_month", "*/3", True),
        ("day_of_month", "*/4", False),
        ("day_of_month", "*/15", True),
        ("day_of_month", "*/16", False),
        ("day_of_month", "*/30", True),
        ("month_of_year", "*/12", False),
        ("month_of_year", "*/5", True),
    ],
)
def test_uneven(field: str, value: object, reported: bool) -> None:
    assert (uneven(field, value) is not None) is reported

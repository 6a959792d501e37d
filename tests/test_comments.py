"""Which comments belong to a place in the code."""

from __future__ import annotations

import textwrap

import pytest

from flake8_celery.comments import comments_on
from flake8_celery.model import Span

TEXT = textwrap.dedent(
    """\
    # of another thing

    # first line
    # second line
    SCHEDULE = {  # head
        # entry
        "one": {  # behind the entry
            "task": "a # b",
            # above
            "schedule": crontab(
                minute=30,  # minute
            ),
            # below
        },
        "two": crontab(minute=1),
    }
    x = 1
    """
)


def on(line: int, end: int | None = None, column: int = 0) -> list[str]:
    return list(comments_on(TEXT.split("\n"), Span(line, column, end or line, column + 1)))


@pytest.mark.parametrize(
    ("line", "end", "found"),
    [
        (10, 12, ["minute", "above", "behind the entry", "entry"]),
        (8, None, ["behind the entry", "entry"]),
        (5, None, ["head", "first line second line"]),
        (17, None, []),
    ],
)
def test_comments_on(line: int, end: int | None, found: list[str]) -> None:
    assert on(line, end) == found


def test_what_is_said_of_all_entries_is_said_of_none() -> None:
    assert on(15, column=4) == ["head", "first line second line"]
    assert on(15, column=11) == []
    assert on(10, column=20) == ["above", "behind the entry", "entry"]


def test_the_first_and_last_line() -> None:
    assert list(comments_on(["x = 1  # one"], Span(1, 0, 3, 0))) == ["one"]
    assert list(comments_on([""], Span(1, 0, 1, 0))) == []

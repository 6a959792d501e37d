"""Slips of the pen."""

from __future__ import annotations

import pytest

from flake8_celery.spelling import distance, nearest


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("acks_late", "acks_late", 0),
        ("ack_late", "acks_late", 1),
        ("acks_alte", "acks_late", 1),
        ("time_limie", "time_limit", 1),
        ("max_retry", "max_retries", 3),
        ("soft_timelimt", "soft_time_limit", 2),
        ("retry", "queue", 3),
        ("", "ab", 2),
    ],
)
def test_distance(left: str, right: str, expected: int) -> None:
    assert distance(left, right, 2) == expected
    assert distance(right, left, 2) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("time_limits", "time_limit"),
        ("soft_timelimt", "soft_time_limit"),
        ("serialiser", "serializer"),
        ("qeue", "queue"),
        ("que", None),
        ("description", None),
        ("acks_on_time", None),
        ("time_limit", None),
    ],
)
def test_nearest(word: str, expected: str | None) -> None:
    assert nearest(word, ["time_limit", "soft_time_limit", "serializer", "queue", "acks_on_failure"]) == expected


def test_two_that_are_as_near_are_none() -> None:
    assert nearest("acks_on_timeour", ["acks_on_timeout", "acks_on_timeous"]) is None
    assert nearest("acks_on_timeour", ["bcks_on_timeous", "acks_on_timeout"]) == "acks_on_timeout"
    assert nearest("acks_on_timeour", ["acks_on_timeout", "bcks_on_timeous"]) == "acks_on_timeout"

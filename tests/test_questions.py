"""What was asked of the texts of files."""

from __future__ import annotations

import json
import re

import pytest

from flake8_celery import questions
from flake8_celery.questions import Questions

NAME = re.compile("(LIMIT|RATE)")


def ask(asked: Questions, *paths: str) -> Questions:
    for path in paths:
        asked.words(path, NAME, [b"LIMIT", b"RATE"])
    return asked


def of(*paths: str) -> Questions:
    return ask(Questions(lambda path: path.encode()), *paths)


def again(*asked: Questions) -> Questions:
    """What is known of all of them, after it was kept."""
    known = of()
    for each in asked:
        known.absorb(json.loads(json.dumps(each.packed())))
    return known


def test_answers_of_files_that_were_asked() -> None:
    known = again(of("LIMIT", "plain"))
    assert known.holds("LIMIT", b"x = LIMIT", silent=False, alike=True)
    assert not known.holds("LIMIT", b"x = RATE", silent=False, alike=True)
    assert not known.holds("plain", b"x = LIMIT", silent=False, alike=True)


def test_files_that_were_not_asked_may_say_anything_as_long_as_their_facts_are_the_same() -> None:
    known = again(of("LIMIT"))
    assert known.holds("other", b"x = LIMIT", silent=False, alike=True)
    assert not known.holds("other", b"x = LIMIT", silent=False)


def test_what_several_processes_have_asked() -> None:
    known = again(of("LIMIT"), of("other"), of())
    assert not known.holds("other", b"x = LIMIT", silent=False, alike=True)
    assert known.holds("one more", b"x = LIMIT", silent=False, alike=True)
    assert not ask(known, "one more").holds("one more", b"x = LIMIT", silent=False, alike=True)


@pytest.mark.parametrize("by_turns", [False, True])
def test_where_many_were_asked_any_file_may_have_been(monkeypatch: pytest.MonkeyPatch, by_turns: bool) -> None:
    monkeypatch.setattr(questions, "_FEW", 2)
    known = again(of("a", "b"), of("c")) if by_turns else again(of("a", "b", "c"))
    for each in (known, again(known, of("a")), again(of("a"), known)):
        assert not each.holds("other", b"x = LIMIT", silent=False, alike=True)


def test_what_is_no_pattern() -> None:
    known = of("LIMIT")
    packed = known.packed()
    assert again(known).holds("LIMIT", b"LIMIT", silent=False)
    for key in ("s32:(", "sx:a", ""):
        broken = of()
        broken.absorb({**packed, "found": {key: {}}, "asked": {}})
        assert not broken.holds("LIMIT", b"LIMIT", silent=False)

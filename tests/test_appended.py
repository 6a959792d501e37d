"""Constants at the end of a file: what is told of them without facts is what the facts say."""

from __future__ import annotations

import pytest

from flake8_celery.alike import Alike
from flake8_celery.appended import appended, as_words, in_facts, may_be_setting, named
from flake8_celery.cache import content_hash
from flake8_celery.cache_file import Entry
from flake8_celery.packing import store
from flake8_celery.slices import facts_of
from flake8_celery.source import SourceError, decode

TEXT = (
    "from celery import shared_task\n\nLIMIT = 50\n\n\n@shared_task(time_limit=LIMIT)\ndef pay(order):\n    f(order)\n"
)


def entry(text: str) -> Entry:
    data = text.encode()
    try:
        held = store(facts_of(decode("a.py", data)), {})
    except SourceError:
        held = b""
    return Entry(0, len(data), content_hash(data), True, held=held)


@pytest.mark.parametrize("text", [TEXT, TEXT + "# end", TEXT + "\n\t\n", TEXT.rstrip("\n"), TEXT.replace("\n", "\r\n")])
@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("\n\nFRESH = 1\n", {"FRESH"}),
        ("\nA=0\r\n \nMAX_2\t= 2.50 \n", {"A", "MAX_2"}),
        ("\nFRESH = 1\nFRESH = 2\n", {"FRESH"}),
        ("\n\n", set()),
    ],
)
def test_what_is_told_is_what_facts_say(text: str, more: str, names: set[str]) -> None:
    before = entry(text)
    assert appended((text + more).encode(), before) == names
    alike = Alike(before.packed, facts_of(decode("a.py", (text + more).encode())))
    assert alike.same()
    assert alike.private == names
    assert not alike.moved
    assert not alike.has_text


@pytest.mark.parametrize(
    "more",
    [
        "FRESH = 1",
        "fresh = 1\n",
        "FRESH = 'a'\n",
        "FRESH = LIMIT\n",
        "FRESH = 01\n",
        "FRESH = 1  # noqa\n",
        "FRESH: int = 1\n",
        "FRESH = OTHER = 1\n",
        "    FRESH = 1\n",
        "pay()\n",
        f"FRESH = {'9' * 5_000}\n",
    ],
)
def test_anything_else_is_left_to_facts(more: str) -> None:
    assert appended(f"{TEXT}{more}".encode(), entry(TEXT)) is None


@pytest.mark.parametrize("text", [TEXT.rstrip("\n"), TEXT + "x = 1 \\\n", TEXT + "# end\r"])
def test_a_last_line_that_would_go_on(text: str) -> None:
    assert appended(f"{text}FRESH = 1\n".encode(), entry(text)) is None


def test_a_text_that_is_another_one_before_its_end() -> None:
    assert appended(f"{TEXT}FRESH = 1\n".replace("50", "60").encode(), entry(TEXT)) is None
    assert appended(TEXT[:-20].encode(), entry(TEXT)) is None


def test_who_names_a_constant() -> None:
    assert not named(in_facts(["FRESH"]), [b"fresh", b"LIMIT", b"FRESHER", b"IS_FRESH"])
    for others in (b'["FRESH"]', rb'["\\nFRESH"]', rb'["\\u2028FRESH"]', b'["a.py.FRESH"]', b"FRESH\\u00e4"):
        assert named(in_facts(["MORE", "FRESH"]), [b"", others]), others
    assert as_words(["A.B"]).count(r"A\.B") == 1


def test_what_may_be_a_setting() -> None:
    assert may_be_setting("CELERY_ANYTHING")
    assert may_be_setting("MY_TASK_TIME_LIMIT")
    assert may_be_setting("BEAT_SCHEDULE")
    assert not may_be_setting("FRESH")

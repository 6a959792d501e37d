"""Who may know a name, told by facts as they are kept."""

from __future__ import annotations

from flake8_celery.kept_names import as_words, in_facts, may_be_setting, named


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

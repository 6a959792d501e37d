"""What is made of observations: verdicts, differences, the table and the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery.harness.outcome import FAULTS, Because, Function, Outcome, Report
from flake8_celery.harness.plan import Plan, Point, claim
from flake8_celery.harness.verdict import compare, differences

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
OBSERVED = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
        | st.frozensets(st.integers(), max_size=4)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("clean", "seen", "verdict"),
    [
        ([(1, 1)], [(1, 1)], "survived"),
        ([(1, 1)], [(2, 1)], "doubled"),
        ([(1, 1)], [(0, 1)], "lost"),
        ([(1, 1)], [(2, 0)], "different"),
        ({"mails": ["a"]}, {"mails": ["a", "a"]}, "doubled"),
        ({"mails": ["a"]}, {"mails": []}, "lost"),
        ({"mails": ["a"]}, {"mails": ["b"]}, "different"),
        ({"a": 1}, {}, "lost"),
        ({"a": 1}, {"a": 1, "b": 1}, "doubled"),
        ({"a": 1, "b": 1}, {"a": 1, "c": 1}, "different"),
        ({1, 2}, {1}, "lost"),
        ({1}, {1, 2}, "doubled"),
        ({1}, {2}, "different"),
        (True, False, "lost"),
        (None, 1, "doubled"),
        ("paid", None, "lost"),
        ("paid", "new", "different"),
        (1, "1", "different"),
        (1.0, float("nan"), "different"),
        (1j, 2j, "different"),
    ],
)
def test_verdict(clean: Any, seen: Any, verdict: str) -> None:
    assert compare(clean, seen) == verdict


@pytest.mark.parametrize(
    ("before", "clean", "seen", "verdict"),
    [
        ("new", "paid", "new", "lost"),
        ("new", "paid", "refunded", "different"),
        ({"stock": 10}, {"stock": 9}, {"stock": 8}, "doubled"),
        ({"stock": 10}, {"stock": 9}, {"stock": 10}, "lost"),
        ([1, 2, 3], [1, 2], [1], "doubled"),
        ([1, 2, 3], [1, 2], [1, 2, 3], "lost"),
        ({"state": "new", "n": 0}, {"state": "paid", "n": 1}, {"state": "new", "n": 0}, "lost"),
        (0, 2, 1, "lost"),
    ],
)
def test_what_was_before_tells_the_direction(before: Any, clean: Any, seen: Any, verdict: str) -> None:
    assert compare(clean, seen, before) == verdict


@given(OBSERVED)
def test_the_same_survives(observed: Any) -> None:
    assert compare(observed, observed) == "survived"
    assert differences(observed, observed) == []


@given(OBSERVED, OBSERVED, OBSERVED)
def test_every_difference_is_told_and_changes_the_verdict(clean: Any, seen: Any, before: Any) -> None:
    verdict = compare(clean, seen, before)
    assert (verdict == "survived") == (differences(clean, seen) == [])
    assert (verdict == "survived") == (clean == seen or compare(clean, seen) == "survived")


@given(st.lists(st.integers(), min_size=1), st.data())
def test_fewer_items_are_lost_and_more_are_doubled(items: list[int], data: st.DataObject) -> None:
    fewer = items[: data.draw(st.integers(0, len(items) - 1))]
    assert compare(items, fewer) == "lost"
    assert compare(fewer, items) == "doubled"


@given(st.integers(), st.integers(), st.integers())
def test_a_number_that_did_not_move_is_lost(before: int, clean: int, seen: int) -> None:
    verdict = compare(clean, seen, before)
    if seen == clean:
        assert verdict == "survived"
    elif seen == before or min(before, clean) < seen < max(before, clean):
        assert verdict == "lost"


def test_differences_name_the_place() -> None:
    clean = {"orders": [{"charged": 1}], "a b": 1}
    seen = {"orders": [{"charged": 2}]}
    assert differences(clean, seen) == ["orders[0].charged: 2 instead of 1", "['a b']: nothing instead of 1"]
    assert differences(1, 2) == ["2 instead of 1"]
    assert len(differences("x" * 500, "")[0]) < 120


def report(tmp_path: Path, source: str = "def pay(x):\n    a(x)\n    b(x)\n") -> Report:
    file = tmp_path / "shop.py"
    file.write_text(source, "utf-8")
    first, second, end = (Point(str(file), 2), Point(str(file), 3), Point(str(file), 3, after=True))
    because = Because("CEL904", "`pay` is acknowledged before it runs", "shop.py", 1)
    return Report(
        task="shop.pay",
        args=[1],
        kwargs={},
        clean={"paid": 1},
        outcomes=(
            Outcome(
                "kill", "lost", first, 1, "WorkerLostError", difference=("paid: 0 instead of 1",), because=(because,)
            ),
            Outcome("kill", "doubled", second, 2, difference=("paid: 2 instead of 1",)),
            Outcome("kill", "survived", end, 1),
            Outcome("twice", "survived", None, 2),
            Outcome("hang", "stuck", second, 1, note="no time limit ends it"),
        ),
        functions=(Function(str(file), "pay", 1, (first, second, end)),),
        skipped=(("flush", "refused"),),
        root=tmp_path,
    )


def test_the_table_names_lines_verdicts_and_rules(tmp_path: Path) -> None:
    text = repr(report(tmp_path))
    assert "shop.py:2  a(x)" in text
    assert "shop.py:3, at the return" in text
    assert "paid: 0 instead of 1 (CEL904)" in " ".join(text.split())
    assert "CEL904: `pay` is acknowledged before it runs (shop.py:1)" in text
    assert "not tried: broker flushed: refused" in text
    assert text.splitlines()[-1] == "shop.pay does not survive: 2 survived, 1 lost, 1 doubled, 1 stuck."


def test_a_report_is_true_if_everything_survived(tmp_path: Path) -> None:
    whole = report(tmp_path)
    assert not whole
    good = replace(whole, outcomes=tuple(o for o in whole.outcomes if o.survived))
    assert good
    assert good.survived
    assert good.failures == ()
    assert "survives every fault" in repr(good)


def test_json_holds_any_observation(tmp_path: Path) -> None:
    odd = replace(report(tmp_path), clean={(1, 2): {3}, "x": object, "f": float("inf")})
    data = json.loads(json.dumps(odd.as_json(), allow_nan=False))
    assert data["clean"]["(1, 2)"] == [3]
    assert data["outcomes"][0] == {
        "fault": "kill",
        "verdict": "lost",
        "filename": str(tmp_path / "shop.py"),
        "row": 2,
        "after": False,
        "source": "a(x)",
        "runs": 1,
        "exception": "WorkerLostError",
        "observed": None,
        "difference": ["paid: 0 instead of 1"],
        "note": None,
        "recovered": False,
        "rules": [{"code": "CEL904", "message": "`pay` is acknowledged before it runs", "path": "shop.py", "line": 1}],
        "seconds": 0.0,
    }


class Page(HTMLParser):
    """Collects the tags, what they refer to, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


KNOWN_TAGS = frozenset(
    re.findall(r"\w+", "html head meta title style body h1 h2 h3 p pre code span div table tr th td ul li")
)


def test_the_page_marks_each_line(tmp_path: Path) -> None:
    text = report(tmp_path).html()
    page = Page(text)
    assert '<td class="number">2</td><td class="mark lost"' in text
    assert '<td class="number">3</td><td class="mark doubled"' in text
    assert "prefers-color-scheme: dark" in text
    assert all(FAULTS[fault] in page.text for fault in ("kill", "twice", "hang", "flush"))


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    page = Page(report(tmp_path).html())
    assert set(page.tags) <= KNOWN_TAGS
    assert not any(name in ("src", "href", "action") for name, _ in page.attributes)


@given(st.text(alphabet="<>&\"'abc/=! \n\u202e\x00", max_size=40))
def test_everything_on_the_page_is_escaped(evil: str) -> None:
    import tempfile

    evil += "<script>alert(1)</script>\"' onload='x"
    with tempfile.TemporaryDirectory() as folder:
        plain = report(Path(folder), f"def pay(x):\n    {evil}\n")
        outcome = replace(
            plain.outcomes[0], difference=(evil,), note=evil, exception=evil, because=(Because(evil, evil, evil, 1),)
        )
        page = Page(
            replace(
                plain,
                task=evil,
                clean={evil: evil},
                outcomes=(outcome,),
                functions=(replace(plain.functions[0], name=evil),),
                skipped=(("kill", evil),),
            ).html()
        )
    assert set(page.tags) <= KNOWN_TAGS
    assert {name for name, _ in page.attributes} <= {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "title",
    }


def test_a_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    plan = Plan(3, "shop.pay", stop_at=Point("a.py", 4, after=True), stops=2, connection=1)
    file = tmp_path / "plan"
    assert Plan.read(file) is None
    plan.write(file)
    assert Plan.read(file) == plan


def test_a_fault_strikes_as_often_as_planned(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    plan = Plan(1, "shop.pay", stops=2)
    assert [claim(file, plan) for _ in range(3)] == [True, True, False]
    assert claim(file, replace(plan, number=2))

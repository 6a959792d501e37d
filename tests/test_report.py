"""The full report: frames fit the terminal, and marks stand under what they mark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery.fixes import Fix
from flake8_celery.lint import Diagnostic
from flake8_celery.model import Span
from flake8_celery.report import FORMATS, concise, full, render
from flake8_celery.report.report import Report
from flake8_celery.report.style import Style, cells
from flake8_celery.rule import load, rules

ANY = st.text(st.characters(exclude_categories=["Cs", "Zl", "Zp"], exclude_characters="\r\n^"), max_size=200)
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="^"), min_size=1, max_size=300)


def frame(lines: list[str], span: Span, width: int | None) -> list[str]:
    """The frame's lines, without margins."""
    found = Diagnostic("CEL208", "a message", "tasks.py", span)
    out = list(full.render(Report([found], lines_of=lambda _: lines, style=Style(width=width))))
    start = next(i for i, line in enumerate(out) if "-->" in line)
    end = next(i for i, line in enumerate(out) if " = why" in line)
    return [line.partition("| ")[2] for line in out[start + 1 : end]]


def marks_of(shown: list[str]) -> tuple[str, int, int]:
    """The marked line of code, and from which column to which it is marked."""
    (number,) = [i for i, text in enumerate(shown) if "^" in text]
    return shown[number - 1], shown[number].index("^"), len(shown[number])


@given(lines=st.lists(ANY, min_size=1, max_size=6), data=st.data(), width=st.integers(40, 200))
def test_frames_fit(lines: list[str], data: st.DataObject, width: int) -> None:
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(0, len(lines[line - 1])))
    end = data.draw(st.integers(column, len(lines[line - 1])))
    shown = frame(lines, Span(line, column, line, end), width)
    assert all(cells(text) + 4 <= width for text in shown)
    _, start, until = marks_of(shown)
    assert 0 <= start < until


@given(line=ASCII, data=st.data(), width=st.one_of(st.none(), st.integers(40, 200)))
def test_marks_stand_under_what_they_mark(line: str, data: st.DataObject, width: int | None) -> None:
    column = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(column + 1, len(line)))
    code, start, until = marks_of(frame([line], Span(1, column, 1, end), width))
    marked = code[start:until].rstrip("…")
    assert marked
    assert line[column:end].startswith(marked)
    assert marked == line[column:end] or code[:until].endswith("…") or code[until:] == "…"


def test_wide_characters_take_two_columns() -> None:
    line = "名前 = 'é\u0301'; print(名前)"
    column = line.index("print")
    _, code, marks, _ = frame([line], Span(1, column, 1, len(line)), 80)
    assert code == line
    assert marks == " " * (cells(line[:column])) + "^" * cells(line[column:])
    assert cells("名前") == 4
    assert cells("e\u0301") == 1


def test_tabs_are_four_columns() -> None:
    shown = frame(["if x:", "\t\tprint(1)"], Span(2, 2, 2, 10), 80)
    assert shown == ["", "if x:", "        print(1)", "        ^^^^^^^^", ""]


def test_a_span_of_several_lines_is_marked_on_its_first() -> None:
    shown = frame(["@task(", "    a=1,", ")", "def f():", "    pass"], Span(1, 1, 3, 1), 80)
    assert shown == ["", "@task(", " ^^^^^", "    a=1,", ")", ""]


def test_blank_lines_around_are_left_out() -> None:
    shown = frame(["", "", "print()", "", ""], Span(3, 0, 3, 7), 80)
    assert shown == ["", "print()", "^^^^^^^", ""]


@pytest.mark.parametrize("span", [Span(9, 0, 9, 1), Span(1, 0, 1, 0)])
def test_a_file_that_is_gone_has_no_frame(span: Span) -> None:
    found = Diagnostic("CEL208", "a message", "tasks.py", span)
    out = list(full.render(Report([found], style=Style(width=80))))
    assert out[0] == "CEL208 print-in-task (warning): a message"
    assert out[1] == f" --> tasks.py:{span.line}:1"
    assert out[2].startswith("  = why: ")


def test_colours_are_never_left_on() -> None:
    found = Diagnostic("CEL208", "a `message` \x1b[31m", "ta\x1bsks.py", Span(1, 0, 1, 5))
    report = Report([found], lines_of=lambda _: ["print()"], style=Style(color=True, links=True, width=50))
    for line in (*full.render(report), *concise.render(report)):
        assert line.count("\x1b[0m") * 2 == line.count("\x1b[")
        assert "\x1b[31m" not in line


# --- the order, and what stands at the end ----------------------------------------------------------------------------

WARNING = Diagnostic("CEL208", "printed", "a.py", Span(1, 0, 1, 5))
LATER = Diagnostic("CEL208", "printed again", "b.py", Span(2, 0, 2, 5))
NEVER = next(rule.code for rule in rules() if rule.severity == "error" and rule.fix == "none")
ERROR = Diagnostic(NEVER, "an error that nothing repairs", "b.py", Span(1, 0, 1, 5))
POLICY = Diagnostic("CEL919", "elsewhere", "a.py", Span(3, 0, 3, 5))
ALL = [WARNING, POLICY, ERROR, LATER]


def shown(report: Report) -> list[str]:
    """The places in the order of the full report."""
    return [line.split("--> ")[1] for line in full.render(report) if "--> " in line]


def test_errors_come_first_and_rules_stand_together() -> None:
    assert shown(Report(ALL)) == ["b.py:1:1", "a.py:1:1", "b.py:2:1", "a.py:3:1"]


def test_concise_keeps_the_order_of_paths_and_lines() -> None:
    out = list(concise.render(Report(ALL)))
    assert [line.split(": ")[0] for line in out[:4]] == ["a.py:1:1", "a.py:3:1", "b.py:1:1", "b.py:2:1"]


def test_what_one_change_answers_is_listed_below_the_first() -> None:
    cured = [Diagnostic("CEL410", f"limit {n}", f"{n}.py", Span(1, 0, 1, 5), cure="run `prefork`") for n in range(3)]
    lone = Diagnostic("CEL410", "another", "9.py", Span(1, 0, 1, 5), cure="something else")
    out = list(full.render(Report([*cured, lone], lines_of=lambda _: ["print()"])))
    assert shown(Report([*cured, lone])) == ["0.py:1:1", "1.py:1:1 limit 1", "2.py:1:1 limit 2", "9.py:1:1"]
    assert sum("^" in line for line in out) == 2
    (told,) = [line for line in out if "= all" in line]
    assert told.endswith("= all 3: run `prefork`")
    assert "3 of them go away together: run `prefork`" in out
    assert not any("something else" in line for line in out)  # it answers nothing but itself
    assert "3 of them go away together: run `prefork`" in list(concise.render(Report([*cured, lone])))


def test_the_changes_that_answer_most_are_named() -> None:
    found = [
        Diagnostic("CEL402", f"call {n}", f"{n}.py", Span(1, 0, 1, 5), cure=f"repair {cure}")
        for cure in range(7)
        for n in range(cure + 1)
    ]
    together = [line for line in concise.render(Report(found)) if "go away" in line]
    assert together[0] == "7 of them go away together: repair 6"
    assert together[4] == "3 of them go away together: repair 2"
    assert together[5:] == ["2 more go away by 1 such change"]  # one that answers a single finding is none
    assert [line for line in concise.render(Report(found[-7:])) if "go away" in line] == [
        "All of them go away together: repair 6"
    ]


def test_a_remedy_of_the_finding_replaces_that_of_the_page() -> None:
    own = Diagnostic("CEL504", "no parameter", "a.py", Span(1, 0, 1, 5), remedy="Write it so.")
    other = Diagnostic("CEL504", "no parameter", "b.py", Span(1, 0, 1, 5))
    fixes = [line.split("= fix: ")[1] for line in full.render(Report([own, other, own])) if "= fix: " in line]
    assert fixes == ["Write it so.", load("CEL504").how]


def test_the_end_says_what_to_do_next() -> None:
    assert list(full.render(Report(ALL)))[-3:] == [
        "Found 4 findings in 2 files (1 error, 2 warnings, 1 advice)",
        "[*] up to 2 can be repaired with `--fix`; `--diff` shows how",
        f"`flake8-celery rule {NEVER}` explains a rule, with examples of bad and good code.",
    ]
    assert "`--fix`" not in "\n".join(full.render(Report(ALL, repaired=True)))
    many = Report([WARNING] * 11)
    baseline = "`flake8-celery check --write-baseline` accepts these, so that only new ones are reported."
    assert list(full.render(many))[-1] == baseline
    assert baseline not in list(full.render(Report([WARNING] * 11, adopted=True)))
    assert baseline not in list(full.render(Report([WARNING] * 10)))
    assert list(full.render(Report([], files=3))) == ["No findings in 3 Python files"]


def test_repairs_that_are_not_safe_are_counted_apart() -> None:
    unsafe = Diagnostic("CEL402", "no timeout", "a.py", Span(1, 0, 1, 5))
    assert list(concise.render(Report([unsafe])))[-1] == (
        "[*] up to 1 can be repaired with `--fix --unsafe-fixes`; `--diff` shows how"
    )
    assert list(concise.render(Report([unsafe, WARNING])))[-1] == (
        "[*] up to 2 can be repaired with `--fix`, 1 of them with `--unsafe-fixes`; `--diff` shows how"
    )


def test_reading_files_again_is_for_formats_that_show_repairs() -> None:
    def fail() -> dict[Diagnostic, Fix]:
        raise AssertionError("asked for repairs")

    report = Report(ALL, find_fixes=fail)
    for kind in FORMATS:
        if kind in ("json", "json-lines", "sarif", "rdjson"):
            with pytest.raises(AssertionError, match="asked for repairs"):
                list(render(report, kind))
            list(render(Report([POLICY], find_fixes=fail), kind))  # no finding of its rule is ever repaired
        else:
            list(render(report, kind))

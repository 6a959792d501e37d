"""The full report: frames fit the terminal, and marks stand under what they mark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery.lint import Diagnostic
from flake8_celery.model import Span
from flake8_celery.report import concise, full
from flake8_celery.report.style import Style, cells

ANY = st.text(st.characters(exclude_categories=["Cs", "Zl", "Zp"], exclude_characters="\r\n^"), max_size=200)
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="^"), min_size=1, max_size=300)


def frame(lines: list[str], span: Span, width: int | None) -> list[str]:
    """The frame's lines, without margins."""
    found = Diagnostic("CEL208", "a message", "tasks.py", span)
    out = list(full.render([found], Style(width=width), lambda _: lines))
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
    out = list(full.render([found], Style(width=80), lambda _: []))
    assert out[0] == "CEL208 print-in-task (warning): a message"
    assert out[1] == f" --> tasks.py:{span.line}:1"
    assert out[2].startswith("  = why: ")


def test_colours_are_never_left_on() -> None:
    found = Diagnostic("CEL208", "a `message` \x1b[31m", "ta\x1bsks.py", Span(1, 0, 1, 5))
    style = Style(color=True, links=True, width=50)
    for line in (*full.render([found], style, lambda _: ["print()"]), *concise.render([found], style)):
        assert line.count("\x1b[0m") * 2 == line.count("\x1b[")
        assert "\x1b[31m" not in line

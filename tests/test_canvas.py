"""What the model says of chains, groups, chords and callbacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.canvas import Canvas, Fed, steps
from flake8_celery.project import Project
from tests.projects import make

HEAD = """
from celery import Celery, chain, chord, group, signature
app = Celery("a")
@app.task
def a(x=0): ...
@app.task
def b(x=0): ...
@app.task
def c(x=0): ...
"""


def project_of(tmp_path: Path, text: str) -> Project:
    return make(tmp_path, {"a.py": HEAD + text + "\n"})


def name(canvas: Canvas) -> str:
    if canvas.kind == "task" and canvas.sent is not None:
        return (canvas.sent.name or "?").removeprefix("a.")
    inner = ", ".join(name(part) + ("*" if part.repeated else "") for part in canvas.parts)
    body = f" -> {name(canvas.body)}" if canvas.body is not None else ""
    return f"{canvas.kind}({inner}{body})"


def found(tmp_path: Path, text: str) -> list[tuple[str, int | None]]:
    project = project_of(tmp_path, text)
    module = project.module("a.py")
    assert module is not None
    return [(name(canvas), given) for canvas, given in project.canvases(module)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chain(a.s(), b.si())", [("chain(a, b)", None)]),
        ("chain([a.s(), b.s()])()", [("chain(a, b)", None), ("chain(a, b)", 0)]),
        ("chain(a.s(), b.s()).delay(1, 2)", [("chain(a, b)", None), ("chain(a, b)", 2)]),
        ("chain(a.s()).apply_async((1,), queue='q')", [("chain(a)", None), ("chain(a)", 1)]),
        ("chain(a.s()).apply_async(args)", [("chain(a)", None), ("chain(a)", None)]),
        ("chain(a.s()).delay(*xs)", [("chain(a)", None), ("chain(a)", None)]),
        ("x = a.s() | b.s(1) | c.s()", [("chain(a, b, c)", None)]),
        ("(a.s() | b.s()).delay()", [("chain(a, b)", 0), ("chain(a, b)", None)]),
        ("unknown | b.s()", [("chain(unknown(), b)", None)]),
        ("one | two", []),
        ("x = a.s()\nx |= b.s()", [("chain(unknown(), b)", None)]),
        ("first = a.s(1)\nchain(first, b.s())", [("chain(a, b)", None)]),
        ("first = a.s(1)\nfirst.args = ()\nchain(first)", [("chain(unknown())", None)]),
        ("group(a.s(i) for i in xs)", [("group(a*)", None)]),
        ("group([a.s(i) for i in xs])", [("group(a*)", None)]),
        ("group(*[a.s(i) for i in xs])", [("group(a*)", None)]),
        ("group(a, b.s)", [("group(bare(), method())", None)]),
        ("chain(a.delay(), b.s())", [("chain(sent(), b)", None)]),
        ("chord([a.s(), b.s()], c.s())", [("chord(a, b -> c)", None)]),
        ("chord(group(a.s()), body=c)", [("group(a)", None), ("chord(group(a) -> bare())", None)]),
        ("chord([a.s()])(c.s())", [("chord(a)", None), ("chord(a -> c)", 0)]),
        ("a.starmap([(1,)]) | b.s()", [("starmap()", None), ("chain(starmap(), b)", None)]),
        ("chain(a.s()).on_error(b.s()).delay()", [("chain(a)", None), ("chain(a)", 0)]),
        ("chain(app.signature('x.y'), signature('z', immutable=True))", [("chain(x.y, z)", None)]),
        ("from celery import chain as pipeline\npipeline(a.s(), b.s())", [("chain(a, b)", None)]),
        ("from celery import signature as sig\nchain(sig('x'), b.s())", [("chain(x, b)", None)]),
        ("workflow = chain(a.s())\nworkflow(1)", [("chain(a)", None), ("chain(a)", 1)]),
        ("itertools.chain(a.s(), b.s())", []),
    ],
)
def test_canvases(tmp_path: Path, text: str, expected: list[tuple[str, int | None]]) -> None:
    assert sorted(found(tmp_path, text), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chain(a.s(), b.s(), c.s())", ["a<5", "b<1 a", "c<1 b"]),
        ("chain(a.s(), group(b.s(), c.s()))", ["a<5", "b<1 a", "c<1 a"]),
        ("chain(group(a.s(), b.s()), c.s())", ["a<5", "b<5", "c<1 joined"]),
        ("chord([a.s(), b.s()], chain(c.s(), a.s()))", ["a<5", "b<5", "c<1 joined", "a<1 c"]),
        ("chain(a.s(), chord([b.s()], c.s()))", ["a<5", "b<1 a", "c<1 joined"]),
        ("chain([a.s(i) for i in xs])", ["a<1 a"]),
        ("chain(*more, a.s(), b.s())", ["a<None", "b<1 a"]),
        ("chain(unknown, a.s())", ["a<1 ?"]),
        ("chain(chain(a.s(), b.s()), c.s())", ["a<5", "b<1 a", "c<1 b"]),
    ],
)
def test_steps(tmp_path: Path, text: str, expected: list[str]) -> None:
    project = project_of(tmp_path, text)
    module = project.module("a.py")
    assert module is not None
    canvas = [canvas for canvas, _ in project.canvases(module)][-1]
    shown = []
    for task, fed in steps(canvas, Fed(5)):
        after = "" if not fed.follows else " joined" if fed.joined else f" {name(fed.after)}" if fed.after else ""
        shown.append(f"{name(task)}<{fed.before}{after.replace('unknown()', '?')}")
    assert shown == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.apply_async((1,), link=b.s())", [("link", "b", "a")]),
        ("a.apply_async((1,), link=[b.s(), c], link_error=c.s())", [("link", "b", "a"), ("link", "bare()", "a"),
         ("link_error", "c", "a")]),
        ("a.s().set(link=b.delay(1))", [("link", "sent()", "a")]),
        ("a.s().link(b.s())", [("link", "b", "a")]),
        ("chain(a.s()).link_error(c)", [("link_error", "bare()", "chain(a)")]),
        ("x.on_error(c.s())", [("link_error", "c", None)]),
        ("x.link(y)", []),
        ("render(link=a)", []),
    ],
)  # fmt: skip
def test_callbacks(tmp_path: Path, text: str, expected: list[tuple[str, str, str | None]]) -> None:
    project = project_of(tmp_path, text)
    module = project.module("a.py")
    assert module is not None
    shown = [(c.option, name(c.canvas), name(c.of) if c.of is not None else None) for c in project.callbacks(module)]
    assert shown == expected

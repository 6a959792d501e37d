"""What the walk keeps of a file."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesmith import from_grammar

from flake8_celery.facts import facts
from flake8_celery.model import (
    Attr,
    CallRef,
    Const,
    Dict,
    Format,
    Items,
    Module,
    Name,
    Op,
    Opaque,
    Scope,
    ScopeRef,
    Star,
)
from flake8_celery.packing import restore, store
from flake8_celery.source import DEEPEST, SourceError, decode


def read(text: str) -> Module:
    return facts(decode("a.py", dedent(text).lstrip("\n").encode()))


def function(text: str, name: str = "f") -> Scope:
    found = read(text).scope(name)
    assert found is not None
    return found


def test_calls_are_in_order_of_evaluation() -> None:
    calls = read("f(g(1), *a, k=h(), **o)\n").body.calls
    assert [c.attr for c in calls] == ["g", "h", "f"]
    outer = calls[-1]
    assert outer.args == (CallRef(0), Star(Name("a")))
    assert outer.keywords == (("k", CallRef(1)), (None, Name("o")))
    assert outer.has_spread
    assert outer.use == "statement"
    assert (outer.span.line, outer.span.column, outer.span.end_column) == (1, 0, 23)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60 * 60", Const(3600)),
        ("-3", Const(-3)),
        ("1 / 0", None),
        ("'a' 'b'", Const("ab")),
        ("'a' + 'b'", Const("ab")),
        ("b'a'", Opaque("bytes")),
        ("None", Const(None)),
        ("a.b.c", Attr(Attr(Name("a"), "b"), "c")),
        ("(1, *x)", Items("tuple", (Const(1), Star(Name("x"))))),
        ("{'a': 1, **d}", Dict(((Const("a"), Const(1)), (None, Name("d"))))),
        ("f'a{b}c'", Format((Const("a"), Name("b"), Const("c")))),
        ("f'a' 'b'", Format((Const("ab"),))),
    ],
)
def test_expressions(text: str, value: object) -> None:
    found = read(f"x = {text}\n").body.assigns[0].value
    if value is not None:
        assert found == value


def test_long_chains_do_not_recurse() -> None:
    text = "x = " + " + ".join(["a"] * (DEEPEST - 100)) + "\n"
    assert read(text).body.assigns


def test_blocks_nest() -> None:
    f = function(
        """
        def f():
            for x in xs:
                with lock(x) as held:
                    try:
                        a()
                    except (E, F.G) as e:
                        b()
                    else:
                        c()
                    finally:
                        d()
        """
    )
    kinds = {c.attr: [b.kind for _, b in f.around(c.block)] for c in f.calls}
    assert kinds["a"] == ["try", "with", "for"]
    assert kinds["b"] == ["except", "with", "for"]
    assert kinds["c"] == ["try-else", "with", "for"]
    assert kinds["d"] == ["finally", "with", "for"]
    attempt = next(b for b in f.blocks if b.kind == "try")
    assert [h.name for h in attempt.handlers] == ["e"]
    assert attempt.handlers[0].types == (Name("E"), Attr(Name("F"), "G"))
    assert [a.operator for a in f.assigns] == ["for", "with", "except"]


def test_conditions() -> None:
    f = function("def f():\n    if a:\n        x()\n    elif b:\n        y()\n    else:\n        z()\n")
    kinds = {c.attr: [b.kind for _, b in f.around(c.block)] for c in f.calls}
    assert kinds == {"x": ["if"], "y": ["if", "else"], "z": ["else", "else"]}


def test_scopes() -> None:
    module = read(
        """
        @deco(1)
        class C(B, metaclass=M):
            x = 1

            async def m(self, a, /, b: int = 2, *args, c, **kw):
                return lambda y: y.z()

            def g(self):
                yield 1
        """
    )
    assert [s.qualname for s in module.scopes] == ["", "C", "C.m", "C.m.<lambda>", "C.g"]
    _, cls, method, inner, generator = module.scopes
    assert cls.bases == (Name("B"),)
    assert cls.keywords == (("metaclass", Name("M")),)
    assert [(p.name, p.kind) for p in method.params] == [
        ("self", "positional-only"),
        ("a", "positional-only"),
        ("b", "positional"),
        ("args", "var-positional"),
        ("c", "keyword-only"),
        ("kw", "var-keyword"),
    ]
    assert method.is_async
    assert not method.is_generator
    assert generator.is_generator
    assert method.returns[0].value == ScopeRef(inner.index)
    assert inner.calls[0].use == "return"
    assert module.body.call(cls.decorators[0].expr) is module.body.calls[0]
    assert inner.enclosing is method
    assert list(cls.children) == [method, generator]


def test_imports() -> None:
    body = read("import a.b\nimport c.d as e\nfrom . import f\nfrom ..g.h import i as j, k\nfrom l import *\n").body
    assert [(i.name, i.target, i.loads) for i in body.imports] == [
        ("a", "a", "a.b"),
        ("e", "c.d", "c.d"),
        ("f", ".f", "."),
        ("j", "..g.h.i", "..g.h"),
        ("k", "..g.h.k", "..g.h"),
        ("*", "l", "l"),
    ]


def test_comprehension_calls_stand_in_a_block_of_their_own() -> None:
    f = function("def f():\n    return [g(x) for x in h() if p(x)]\n")
    kinds = {c.attr: [b.kind for _, b in f.around(c.block)] for c in f.calls}
    assert kinds == {"h": [], "p": ["comprehension"], "g": ["comprehension"]}


def test_unpacking_keeps_what_belongs_together() -> None:
    assigns = read("a, (b, c) = 1, (2, 3)\nd, *e = f()\n").body.assigns
    assert [(a.target, a.value) for a in assigns] == [
        (Name("a"), Const(1)),
        (Name("b"), Const(2)),
        (Name("c"), Const(3)),
        (Name("d"), Opaque("unpack")),
        (Name("e"), Opaque("unpack")),
    ]


def test_syntax_error_is_told_with_its_line() -> None:
    with pytest.raises(SourceError) as caught:
        read("a = 1\nb = = 2\n")
    assert caught.value.line == 2


@given(from_grammar())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_program_has_facts_that_survive_the_cache(text: str) -> None:
    try:
        module = facts(decode("a.py", text.encode("utf-8", "surrogatepass")))
    except SourceError:
        return
    try:
        stored = store(module, {})
    except ValueError:
        return  # numbers beyond what Python prints
    assert restore(stored) == module


def test_statements_whose_value_is_dropped() -> None:
    bare = read('a.b\nif x:\n    a | b\nc\nf()\n"text"\n').body.bare
    assert [(b.expr, b.span.line) for b in bare] == [
        (Attr(Name("a"), "b"), 1),
        (Op("|", (Name("a"), Name("b"))), 3),
        (Name("c"), 4),
    ]


def test_only_schedule_entries_keep_where_their_values_stand() -> None:
    entry, other = (
        read("x = {\n  'task': 'a',\n  'args': f(),\n}\n").body.assigns[0].value,
        read("x = {'a': 1}\n").body.assigns[0].value,
    )
    assert isinstance(entry, Dict)
    place = entry.place("args")
    assert place is not None
    assert (place.line, place.column) == (3, 10)
    assert (entry.at("task"), entry.at("none"), entry.place("none")) == (Const("a"), None, None)
    assert isinstance(other, Dict)
    assert other.spans == ()


@pytest.mark.parametrize(
    ("body", "unread"),
    [
        ("pass", ("a", "b")),
        ("a = 1", ("a", "b")),
        ("a += 1", ("b",)),
        ("a.x = 1", ("b",)),
        ("del a.x", ("b",)),
        ("assert a", ("b",)),
        ("yield a", ("b",)),
        ("f'{1:{a}}'", ("b",)),
        ("x = y[a:]", ("b",)),
        ("[x for x in y if a]", ("b",)),
        ("g(**a)", ("b",)),
        ("x: a = 1", ("b",)),
        ("raise E from a", ("b",)),
        ("match 1:\n        case a.x if b:\n            pass", ()),
        ("lambda x=a: x", ("b",)),
        ("def g():\n        return a", ("b",)),
        ("def g(x: a):\n        return 1", ("b",)),
        ("class C(a):\n        x = b", ()),
        ("@a\n    def g(): pass", ("b",)),
        ("return locals()", ()),
        ("return eval('a')", ()),
    ],
)
def test_parameters_that_nothing_reads(body: str, unread: tuple[str, ...]) -> None:
    assert function(f"def f(a, b):\n    {body}\n").unread == unread


def test_what_is_read_outside_a_function_does_not_count() -> None:
    module = read("x = a\n\n\ndef f(a):\n    pass\n\n\ndef g(b):\n    def inner(c):\n        b()\n")
    assert [scope.unread for scope in module.scopes] == [(), ("a",), (), ("c",)]

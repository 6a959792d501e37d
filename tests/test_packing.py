"""Facts to lists and back: everything survives, nothing foreign becomes a fact."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flake8_celery import model
from flake8_celery.facts import facts
from flake8_celery.model import Attr, Call, CallRef, Command, Const, Deployment, Dict, Module, Name, Op, Scope, Span
from flake8_celery.packing import pack, restore, store, unpack
from flake8_celery.source import decode

SPAN = Span(1, 2, 3, 4)
_SCRIPT = Path(__file__).parents[1] / "scripts" / "write_packers.py"


def _strategy(hint: object) -> st.SearchStrategy[typing.Any]:
    """Any value of a type, from the annotations of the model."""
    if hint is int:
        return st.integers(-(2**70), 2**70)
    if hint is float:
        return st.floats(allow_nan=False)
    if hint in (str, bool, type(None)):
        return st.from_type(typing.cast("type", hint))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and arguments[1:] == (Ellipsis,):
        return st.lists(_strategy(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(_strategy, arguments))
    if arguments:
        return st.one_of(*map(_strategy, sorted(arguments, key=_is_recursive)))
    return st.deferred(lambda: _objects(typing.cast("type", hint)))


def _is_recursive(hint: object) -> bool:
    return is_dataclass(hint) and hint not in (Const, Name, CallRef)


_made: dict[type, st.SearchStrategy[typing.Any]] = {}


def _objects(cls: type) -> st.SearchStrategy[typing.Any]:
    if cls not in _made:
        hints = typing.get_type_hints(cls, vars(model))
        _made[cls] = st.builds(cls, **{f.name: _strategy(hints[f.name]) for f in fields(cls) if f.init})
    return _made[cls]


_MODULES = st.builds(Module, st.text(), st.lists(_objects(Scope), min_size=1, max_size=3).map(tuple))
_SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)


@given(_objects(Deployment) | _objects(Call) | _objects(Command))
@_SETTINGS
def test_everything_survives(value: object) -> None:
    text = json.dumps(pack(value))
    again = unpack(json.loads(text))
    assert again == value
    assert repr(again) == repr(value)  # 1, 1.0 and True are equal


@given(_MODULES)
@_SETTINGS
def test_modules_survive(module: Module) -> None:
    again = restore(store(module, {}))
    assert again == module
    assert repr(again) == repr(module)


def test_what_packs_facts_is_what_the_model_says() -> None:
    done = subprocess.run([sys.executable, _SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_scopes_belong_to_their_module_again() -> None:
    module = Module("a.py", (Scope("module", "", "", 0, -1, -1, SPAN), Scope("function", "f", "f", 1, 0, -1, SPAN)))
    again = restore(store(module, {}))
    assert all(scope.module is again for scope in again.scopes)
    assert again.scopes[1].enclosing is again.body


def test_objects_are_as_slotted_and_equal_as_before() -> None:
    span = unpack(pack(SPAN))
    assert span == SPAN
    assert hash(span) == hash(SPAN)
    with pytest.raises(AttributeError):
        span.colour = 2


def test_real_facts_survive() -> None:
    text = """
from celery import shared_task
@shared_task(bind=True, retry_kwargs={"max_retries": -3, **more})
async def pay(self, *ids: int, by: float = 1e400, note: str | None = f"{x}!") -> None:
    try:
        with lock(f"é\\udc80") as held, b as (c, d):
            await asyncio.gather(*[one(i) for i in ids if i], key=lambda x: x[1:2])
    except (A, B) as error:
        raise self.retry(exc=error, countdown=60 * 5) from None
    finally:
        yield 10 ** 30
"""
    module = facts(decode("a.py", text.encode()))
    assert restore(store(module, {})) == module


class _Foreign:
    pass


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        [],
        "Span",
        _Foreign(),
        model.UNKNOWN,
        Call(Name("f"), (), (), 0, typing.cast("Span", None), "other"),
        Call(Name("f"), typing.cast("tuple[Name]", [Name("x")]), (), 0, SPAN, "other"),
        Attr(typing.cast("Name", "x"), "y"),
        Const(typing.cast("str", b"x")),
        Dict(((Name("x"), Name("y")), typing.cast("tuple[None, Name]", (None,)))),
        model.Value("set", 1),
    ],
)
def test_what_is_no_fact_cannot_be_packed(value: object) -> None:
    with pytest.raises(ValueError, match="fact"):
        pack(value)


def test_too_deep_facts_are_value_errors() -> None:
    deep: typing.Any = Name("x")
    data: list[typing.Any] = [1, "x"]
    for _ in range(50_000):
        deep = Attr(deep, "a")
        data = [2, data, "a"]
    with pytest.raises(ValueError, match="facts that cannot be packed"):
        pack(deep)
    with pytest.raises(ValueError, match="not facts"):
        unpack(["Attr", [data, "a"]])
    while isinstance(deep, Attr):  # to be freed one by one
        deep = deep.base
    while isinstance(data[1], list):
        data = data[1]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "Span",
        ["Span"],
        ["Span", None],
        ["Span", [1, 2, 3]],
        ["Span", [1, 2, 3, 4, 5]],
        ["Span", [1, 2, 3, "4"]],
        ["Span", [1, 2, 3, 4.0]],
        ["Span", [1, 2, 3, True]],
        ["Span", [1, 2, 3, None]],
        ["Span", {"line": 1}],
        ["Nothing", []],
        ["dotted", []],
        ["Iterator", []],
        ["field", []],
        ["_Unknown", []],
        ["Value", ["set", 1, ""]],
        ["Task", []],
        [["Span"], [1, 2, 3, 4]],
        ["Attr", [[99, "x"], "y"]],
        ["Attr", [[-1, "x"], "y"]],
        ["Attr", [[True, "x"], "y"]],
        ["Attr", [[[], "x"], "y"]],
        ["Attr", [[], "y"]],
        ["Attr", ["x", "y"]],
        ["Attr", [None, "y"]],
        ["Const", [[]]],
        ["Items", ["list", ""]],
        ["Items", ["list", 0]],
        ["Items", ["list", {}]],
        ["Dict", [[[None]]]],
        ["Module", ["a.py", [[]]]],
        ["Scope", []],
    ],
)
def test_foreign_data_is_a_value_error(data: object) -> None:
    with pytest.raises(ValueError, match="not"):
        unpack(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 20) | st.floats() | st.sampled_from(["", "a", "Span", "list"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=20,
)
_CLASSES = sorted(name for name, value in vars(model).items() if is_dataclass(value))


@given(st.tuples(st.sampled_from([*_CLASSES, "Iterator", "NOWHERE"]), _JSON).map(list) | _JSON)
@settings(max_examples=300)
def test_any_data_unpacks_or_is_a_value_error(data: object) -> None:
    with contextlib.suppress(ValueError):
        unpack(data)


def _places(data: typing.Any) -> typing.Iterator[tuple[list[typing.Any], int]]:
    for i, part in enumerate(data):
        yield data, i
        if isinstance(part, list):
            yield from _places(part)


@given(_objects(Deployment) | _objects(Call), _JSON, st.data())
@_SETTINGS
def test_damaged_facts_unpack_or_are_a_value_error(value: object, junk: object, data: st.DataObject) -> None:
    packed = json.loads(json.dumps(pack(value)))
    places = list(_places(packed))
    assume(places)
    where, i = data.draw(st.sampled_from(places))
    where[i] = junk
    try:
        again = unpack(packed)
    except ValueError:
        return
    assert pack(again) == packed or repr(pack(again)) == repr(packed)


@given(_MODULES, _JSON, st.data())
@_SETTINGS
def test_damaged_modules_are_restored_or_a_value_error(module: Module, junk: object, data: st.DataObject) -> None:
    lines = store(module, {}).split(b"\n")
    number = data.draw(st.sampled_from([0, *range(3, len(lines))]))
    pieces = lines[number].split(b"\t")  # decorators, where there are any, and all else
    piece = data.draw(st.integers(0, len(pieces) - 1))
    parts = [json.loads(pieces[piece])]
    where, i = data.draw(st.sampled_from(list(_places(parts))))
    where[i] = junk
    pieces[piece] = json.dumps(parts[0]).encode()
    lines[number] = b"\t".join(pieces)
    try:
        again = restore(b"\n".join(lines))
        repr(again)  # asks for all that is in its scopes
    except ValueError:
        return
    if not parts[0]:
        return  # no decorators are left
    kept = store(again, {}).split(b"\n")[number].split(b"\t")[piece - len(pieces)]
    assert json.loads(kept) == parts[0] or repr(json.loads(kept)) == repr(parts[0])


def test_all_that_the_cache_keeps_has_coders() -> None:
    op = Op("+", (Const(1), Const("x")))
    for value in (Deployment(), op):
        assert unpack(pack(value)) == value
    module = Module("a.py", ())
    assert restore(store(module, {})) == module

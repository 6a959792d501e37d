"""What the tables say of JSON, beside Celery's own serializer."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import io
import json
import pathlib
import subprocess
import types
import typing
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
import requests
from kombu.utils import json as kombu_json

from flake8_celery.knowledge.json_types import PLAIN_BASES, REFUSED_CALLS, TAKEN_BASES

dumps: Callable[[object], str] = kombu_json.dumps

_SAMPLES: dict[str, object] = {
    "builtins.bytearray": bytearray(b"x"),
    "builtins.complex": 1j,
    "builtins.enumerate": enumerate([1]),
    "builtins.filter": filter(None, [1]),
    "builtins.frozenset": frozenset({1}),
    "builtins.iter": iter([1]),
    "builtins.map": map(str, [1]),
    "builtins.memoryview": memoryview(b"x"),
    "builtins.object": object(),
    "builtins.range": range(3),
    "builtins.reversed": reversed([1]),
    "builtins.set": {1},
    "builtins.zip": zip([1], [2], strict=True),
    "collections.deque": collections.deque([1]),
    "datetime.timedelta": dt.timedelta(1),
    "io.BytesIO": io.BytesIO(),
    "io.StringIO": io.StringIO(),
    "pathlib.Path": pathlib.Path("x"),
    "pathlib.Path.cwd": pathlib.Path.cwd(),
    "pathlib.PurePath": pathlib.PurePath("x"),
    "requests.get": requests.Response(),
    "subprocess.run": subprocess.CompletedProcess([], 0),
    "types.SimpleNamespace": types.SimpleNamespace(),
}


@pytest.mark.parametrize("name", sorted(_SAMPLES))
def test_what_json_refuses(name: str) -> None:
    assert name in REFUSED_CALLS
    with pytest.raises(TypeError, match="not JSON serializable"):
        dumps(_SAMPLES[name])


class _Text(str):
    __slots__ = ()


class _Mapping(collections.OrderedDict[str, int]): ...


class _Level(enum.IntEnum):
    LOW = 1


class _Pair(typing.NamedTuple):
    x: int


class _Amount(Decimal): ...


class _Moment(dt.datetime): ...


class _Plain(enum.Enum):
    ONE = 1


@pytest.mark.parametrize(
    ("base", "value"),
    [
        ("builtins.str", _Text("x")),
        ("collections.OrderedDict", _Mapping()),
        ("collections.Counter", collections.Counter("x")),
        ("collections.defaultdict", collections.defaultdict(int)),
        ("enum.IntEnum", _Level.LOW),
        ("typing.NamedTuple", _Pair(1)),
        ("decimal.Decimal", _Amount(1)),
        ("datetime.datetime", _Moment(2026, 1, 1)),
        ("datetime.date", dt.date(2026, 1, 1)),
        ("datetime.time", dt.time(1)),
        ("uuid.UUID", UUID(int=1)),
        ("builtins.bytes", b"\xff"),
    ],
)
def test_what_json_takes(base: str, value: object) -> None:
    assert base in TAKEN_BASES
    assert json.loads(dumps(value)) is not None


def test_members_of_enumerations() -> None:
    assert "enum.Enum" in PLAIN_BASES
    with pytest.raises(TypeError):
        dumps(_Plain.ONE)

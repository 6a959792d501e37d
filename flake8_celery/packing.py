"""Facts as lists, strings and numbers, for JSON, and back.

A dataclass becomes the list of its fields, after its number where the type is a union; a tuple becomes a list.
Unpacking checks every type, so that foreign data cannot become a fact.

A project has some hundred thousand of these objects. So `packers` has functions that are written out for each type:
twice as fast as a loop over the fields. And a stored module is a list of texts, one for the names of its scopes, one
for what libcst has parsed of it, one for what was derived of it, and one for each scope: most scopes are never asked
for more than what they are called.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import model, packers
from .garbage import uncollected
from .packers import bad

_TAB = b"\t"
"""Stands between the decorators of a scope and the rest of it. In JSON it stands for nothing else."""


def pack(value: object) -> list[object]:
    """Facts (a dataclass of `model`) as lists, strings and numbers. Raises ValueError where that cannot be."""
    cls = type(value)
    packer = packers.PACKERS.get(cls.__name__)
    if packer is None or getattr(model, cls.__name__, None) is not cls:
        bad(value)
    try:
        return [cls.__name__, packer(value)]
    except (RecursionError, TypeError) as error:
        raise ValueError("facts that cannot be packed") from error


def unpack(data: object) -> Any:
    """The facts that `pack` made the data from. Raises ValueError, and nothing else, where it did not."""
    if type(data) is not list or len(data) != 2 or type(data[0]) is not str or data[0] not in packers.UNPACKERS:
        bad(data)
    try:
        return packers.UNPACKERS[data[0]](data[1])
    except (RecursionError, TypeError) as error:
        raise ValueError("not facts") from error


def store(module: model.Module, outline: Mapping[str, object]) -> bytes:
    """A module for the cache, with what was derived of it that is worth keeping. Raises ValueError where that cannot
    be."""
    try:
        heads = [packers.pack_head(scope) for scope in module.scopes]
        texts: list[object] = [[module.path, heads], sorted(module.by_libcst), outline]
        kept = [_dumped(text) for text in (*texts, *map(packers.pack_body, module.scopes))]
        for number, scope in enumerate(module.scopes, 3):
            if scope.decorators:
                kept[number] = _dumped(packers.pack_decorators(scope)) + _TAB + kept[number]
        return b"\n".join(kept)
    except (RecursionError, TypeError, AttributeError) as error:
        raise ValueError("facts that cannot be packed") from error


def restore(data: bytes) -> model.Module:
    """The module that was stored. Raises ValueError where it was not, or, when a scope is asked for what is in it,
    where that was not."""
    first, by_libcst, outline, *bodies = texts(data)
    try:
        path, heads = json.loads(first)
        if type(path) is not str or type(heads) is not list or len(heads) != len(bodies):
            bad(heads)
        scopes = []
        for head, body in zip(heads, bodies, strict=True):
            scope = object.__new__(model.Scope)
            packers.fill_head(scope, head)
            object.__setattr__(scope, "packed", body)
            object.__setattr__(scope, "_bound", None)
            scopes.append(scope)
        module = model.Module(path, tuple(scopes))
        object.__setattr__(module, "by_libcst", _words(by_libcst))
        object.__setattr__(module, "packed", outline)
    except (RecursionError, TypeError) as error:
        raise ValueError("not facts") from error
    return module


def remember(module: model.Module, data: bytes) -> None:
    """Let a module know what was derived of it when it was stored as this."""
    object.__setattr__(module, "packed", data.split(b"\n", 3)[2])


def texts(data: bytes) -> list[bytes]:
    """What a stored module is made of: the names, what libcst has parsed, what was derived, and the scopes."""
    return data.split(b"\n")


def by_libcst(data: bytes) -> frozenset[str]:
    """What stands for the statements of a stored module that libcst has parsed; nothing where it is none."""
    try:
        return _words(data.split(b"\n", 2)[1])
    except (ValueError, IndexError, RecursionError):
        return frozenset()


def _words(data: bytes) -> frozenset[str]:
    words = json.loads(data)
    if type(words) is not list or not all(type(word) is str for word in words):
        bad(words)
    return frozenset(words)


def derived(data: bytes) -> dict[str, object]:
    """What was derived of a module, as it was stored. Raises ValueError where that is not it."""
    with uncollected():
        outline = json.loads(data)
    if type(outline) is not dict:
        bad(outline)
    return outline


def complete(scope: model.Scope, name: str = "") -> None:
    """Tell a scope of a stored module what is in it; by which decorators it is made, where that is the `name` of what
    is asked for. Raises ValueError where that is not its packed text."""
    packed = scope.packed
    if packed is None:
        return
    decorators, _, body = packed.rpartition(_TAB)
    with uncollected():
        try:
            if not _has_decorators(scope):  # those that were asked for stay the same objects
                packers.fill_decorators(scope, json.loads(decorators) if decorators else [])
            if name != "decorators":
                object.__setattr__(scope, "packed", None)
                packers.fill_body(scope, json.loads(body))
        except (RecursionError, TypeError) as error:
            raise ValueError("not facts") from error


def _has_decorators(scope: model.Scope) -> bool:
    try:
        object.__getattribute__(scope, "decorators")
    except AttributeError:
        return False
    return True


def _dumped(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":"), check_circular=False).encode("ascii")

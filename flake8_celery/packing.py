"""Facts as lists, strings and numbers, for JSON, and back.

A dataclass becomes the list of its fields, after its number where the type is a union; a tuple becomes a list.
Unpacking checks every type, so that foreign data cannot become a fact.

A project has some hundred thousand of these objects. So the functions are written out for each type, from the
annotations of `model`: twice as fast as a loop over the fields. And a stored module is a list of texts, one for the
names of its scopes, one for what libcst has parsed of it, one for what was derived of it, and one for each scope: most
scopes are never asked for more than what they are called.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache

from . import model
from .garbage import uncollected

_HEAD = ("kind", "name", "qualname", "index", "parent", "block", "is_async", "globals")
"""What is known of every scope of a stored module at once."""

_SCALARS = (int, str, bool, float, type(None))


def pack(value: object) -> list[object]:
    """Facts (a dataclass of `model`) as lists, strings and numbers. Raises ValueError where that cannot be."""
    cls = type(value)
    if getattr(model, cls.__name__, None) is not cls:
        _bad(value)
    try:
        return [cls.__name__, _coders(cls)[0](value)]
    except (RecursionError, TypeError) as error:
        raise ValueError("facts that cannot be packed") from error


def unpack(data: object) -> typing.Any:
    """The facts that `pack` made the data from. Raises ValueError, and nothing else, where it did not."""
    if type(data) is not list or len(data) != 2 or type(data[0]) is not str:
        _bad(data)
    cls = getattr(model, data[0], None)
    if not isinstance(cls, type) or not is_dataclass(cls):
        _bad(data)
    try:
        return _coders(cls)[1](data[1])
    except (RecursionError, TypeError) as error:
        raise ValueError("not facts") from error


def store(module: model.Module, outline: Mapping[str, object]) -> bytes:
    """A module for the cache, with what was derived of it that is worth keeping. Raises ValueError where that cannot
    be."""
    pack_head, _, pack_body, _ = _scope_coders()
    try:
        heads = [pack_head(scope) for scope in module.scopes]
        texts: list[object] = [[module.path, heads], sorted(module.by_libcst), outline]
        texts += [pack_body(scope) for scope in module.scopes]
        return b"\n".join(json.dumps(t, separators=(",", ":"), check_circular=False).encode("ascii") for t in texts)
    except (RecursionError, TypeError, AttributeError) as error:
        raise ValueError("facts that cannot be packed") from error


def restore(data: bytes) -> model.Module:
    """The module that was stored. Raises ValueError where it was not, or, when a scope is asked for what is in it,
    where that was not."""
    first, by_libcst, outline, *bodies = texts(data)
    _, fill_head, _, _ = _scope_coders()
    try:
        path, heads = json.loads(first)
        if type(path) is not str or type(heads) is not list or len(heads) != len(bodies):
            _bad(heads)
        scopes = []
        for head, body in zip(heads, bodies, strict=True):
            scope = object.__new__(model.Scope)
            fill_head(scope, head)
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
        _bad(words)
    return frozenset(words)


def derived(data: bytes) -> dict[str, object]:
    """What was derived of a module, as it was stored. Raises ValueError where that is not it."""
    with uncollected():
        outline = json.loads(data)
    if type(outline) is not dict:
        _bad(outline)
    return outline


def complete(scope: model.Scope) -> None:
    """Tell a scope of a stored module what is in it. Raises ValueError where that is not its packed text."""
    body = scope.packed
    if body is None:
        return
    object.__setattr__(scope, "packed", None)
    with uncollected():
        try:
            _scope_coders()[3](scope, json.loads(body))
        except (RecursionError, TypeError) as error:
            raise ValueError("not facts") from error


def _bad(data: object) -> typing.NoReturn:
    raise ValueError(f"not a fact: {type(data).__name__}")


@cache
def _coders(cls: type) -> tuple[Callable[[object], object], Callable[[object], object]]:
    """The functions that pack and unpack objects of a class. Raises TypeError where it holds more than facts."""
    writer = _Writer()
    name = writer.function(cls)
    scope = {**writer.scope, "bad": _bad, "new": object.__new__, "intern": sys.intern}
    exec("\n".join(writer.source + writer.tables), scope)  # noqa: S102 - nothing in it comes from outside
    return scope[f"pack_{name}"], scope[f"unpack_{name}"]


_Pack = Callable[[model.Scope], object]
_Fill = Callable[[model.Scope, object], None]


@cache
def _scope_coders() -> tuple[_Pack, _Fill, _Pack, _Fill]:
    """The functions that pack what a scope is called, and that tell it to an empty one; and those for all else."""
    names = [field.name for field in fields(model.Scope) if field.init]
    writer = _Writer()
    for part, inside in (("head", True), ("body", False)):
        writer.write_part(model.Scope, [name for name in names if (name in _HEAD) is inside], part)
    scope = {**writer.scope, "bad": _bad, "new": object.__new__, "intern": sys.intern}
    exec("\n".join(writer.source + writer.tables), scope)  # noqa: S102 - nothing in it comes from outside
    return scope["pack_head"], scope["fill_head"], scope["pack_body"], scope["fill_body"]


class _Writer:
    """Writes `pack_<name>` and `unpack_<name>` for types, each once."""

    def __init__(self) -> None:
        self.names: dict[object, str] = {}
        self.source: list[str] = []
        self.tables: list[str] = []
        self.scope: dict[str, typing.Any] = {}

    def function(self, hint: object) -> str:
        """The name under which a type has its functions."""
        name = self.names.get(hint)
        if name is None:
            # Named before it is written: a type may contain itself.
            name = self.names[hint] = str(len(self.names))
            self.write(hint, name)
        return name

    def write(self, hint: object, name: str) -> None:
        if isinstance(hint, type) and is_dataclass(hint):
            self.write_class(hint, name)
            return
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            self.write_sequence(arguments[0], name)
        elif origin is tuple:
            self.write_tuple(arguments, name)
        elif origin in (types.UnionType, typing.Union):
            self.write_union(arguments, name)
        else:
            raise TypeError(f"no facts of type {hint!r}")

    def packed(self, hint: object, value: str) -> str:
        """An expression that packs the variable `value`."""
        return self.scalar(hint, value) or f"pack_{self.function(hint)}({value})"

    def unpacked(self, hint: object, data: str) -> str:
        """An expression that unpacks the variable `data`."""
        scalar = self.scalar(hint, data)
        if scalar:
            return scalar
        call = f"unpack_{self.function(hint)}({data})"
        if typing.get_origin(hint) is tuple and typing.get_args(hint)[1:] == (Ellipsis,):
            return f"() if {data} == [] else {call}"
        return f"None if {data} is None else {call}" if type(None) in typing.get_args(hint) else call

    def scalar(self, hint: object, value: str) -> str:
        """An expression for what stands for itself, "" where the type is not one of these or a union of them. Names are
        the same over and over: `intern` keeps each once, and refuses what is no string."""
        members = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
        if not all(member in _SCALARS for member in members):
            return ""
        if members == (str,):
            return f"intern({value})"
        if len(members) == 1:
            return f"{value} if type({value}) is {self.constant(members[0])} else bad({value})"
        return f"{value} if type({value}) in {self.constant(frozenset(members))} else bad({value})"

    def constant(self, value: object) -> str:
        for name, known in self.scope.items():
            if known is value or (type(known) is type(value) is frozenset and known == value):
                return name
        name = f"c{len(self.scope)}"
        self.scope[name] = value
        return name

    def write_class(self, cls: type, name: str) -> None:
        hints = typing.get_type_hints(cls, vars(model))
        names = [field.name for field in fields(cls) if field.init]
        variables = [f"v{i}" for i in range(len(names))]
        klass = self.constant(cls)
        packed = ", ".join(self.packed(hints[n], f"value.{n}") for n in names)
        unpacked = [self.unpacked(hints[n], v) for n, v in zip(names, variables, strict=True)]
        if hasattr(cls, "__post_init__") or "__slots__" not in vars(cls):
            made = f" return {klass}({', '.join(unpacked)})\n"
        else:
            # What a frozen class's own `__init__` does for each field by way of `object.__setattr__`, which is slow.
            setters = [self.constant(getattr(cls, n).__set__) for n in names]
            made = f" made = new({klass})\n"
            made += "".join(f" {s}(made, {u})\n" for s, u in zip(setters, unpacked, strict=True))
            made += " return made\n"
        self.source.append(f"def pack_{name}(value):\n if type(value) is not {klass}: bad(value)\n return [{packed}]\n")
        # Members of a union come with their number in front.
        for kind, first in (("", ""), ("tagged_", "_, ")):
            self.source.append(
                f"def {kind}unpack_{name}(data):\n"
                f" if type(data) is not list or len(data) != {len(names) + bool(first)}: bad(data)\n"
                f" {first}{''.join(v + ', ' for v in variables)}= data\n{made}"
            )

    def write_part(self, cls: type, names: list[str], name: str) -> None:
        """Write `pack_<name>` for some fields of a class, and `fill_<name>` that sets them in an object without any."""
        hints = typing.get_type_hints(cls, vars(model))
        variables = [f"v{i}" for i in range(len(names))]
        packed = ", ".join(self.packed(hints[n], f"value.{n}") for n in names)
        self.source.append(
            f"def pack_{name}(value):\n if type(value) is not {self.constant(cls)}: bad(value)\n return [{packed}]\n"
            f"def fill_{name}(made, data):\n"
            f" if type(data) is not list or len(data) != {len(names)}: bad(data)\n"
            f" {''.join(v + ', ' for v in variables)}= data\n"
            + "".join(
                f" {self.constant(getattr(cls, n).__set__)}(made, {self.unpacked(hints[n], v)})\n"
                for n, v in zip(names, variables, strict=True)
            )
        )

    def write_sequence(self, item: object, name: str) -> None:
        self.source.append(
            f"def pack_{name}(value):\n"
            f" if type(value) is not tuple: bad(value)\n"
            f" return [{self.packed(item, 'v')} for v in value]\n"
            f"def unpack_{name}(data):\n"
            f" if type(data) is not list: bad(data)\n"
            f" return tuple([{self.unpacked(item, 'v')} for v in data])\n"
        )

    def write_tuple(self, items: tuple[object, ...], name: str) -> None:
        variables = [f"v{i}" for i in range(len(items))]
        names = "".join(f"{v}, " for v in variables)
        packed = ", ".join(self.packed(item, v) for item, v in zip(items, variables, strict=True))
        unpacked = ", ".join(f"({self.unpacked(item, v)})" for item, v in zip(items, variables, strict=True))
        self.source.append(
            f"def pack_{name}(value):\n"
            f" if type(value) is not tuple or len(value) != {len(items)}: bad(value)\n"
            f" {names}= value\n"
            f" return [{packed}]\n"
            f"def unpack_{name}(data):\n"
            f" if type(data) is not list or len(data) != {len(items)}: bad(data)\n"
            f" {names}= data\n"
            f" return ({unpacked},)\n"
        )

    def write_union(self, members: tuple[object, ...], name: str) -> None:
        classes = [member for member in members if isinstance(member, type) and is_dataclass(member)]
        plain = self.constant(frozenset(member for member in members if member in _SCALARS))
        if not all(member in _SCALARS or member in classes for member in members):
            raise TypeError(f"no facts of type {members!r}")
        names = [self.function(cls) for cls in classes]
        packers = "".join(
            f" if cls is {self.constant(cls)}: return [{number}, *pack_{known}(value)]\n"
            for number, (cls, known) in enumerate(zip(classes, names, strict=True))
        )
        table = ", ".join(f"{number}: tagged_unpack_{known}" for number, known in enumerate(names))
        self.tables.append(f"unpackers_{name} = {{{table}}}")
        self.source.append(
            f"def pack_{name}(value):\n"
            f" cls = type(value)\n{packers}"
            f" return value if cls in {plain} else bad(value)\n"
            f"def unpack_{name}(data):\n"
            f" if type(data) is list:\n"
            f"  if data and type(data[0]) is int and data[0] in unpackers_{name}:\n"
            f"   return unpackers_{name}[data[0]](data)\n"
            f"  bad(data)\n"
            f" return data if type(data) in {plain} else bad(data)\n"
        )

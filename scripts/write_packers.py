"""Write what packs and unpacks facts, from the annotations of the model.

    python scripts/write_packers.py            write flake8_celery/packers.py
    python scripts/write_packers.py --check    fail where it is not what would be written

To write it anew in each run would take longer than all that most runs do with it.
"""

from __future__ import annotations

import argparse
import sys
import types
import typing
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import reduce
from operator import or_
from pathlib import Path

from flake8_celery import model

TARGET = Path(__file__).parents[1] / "flake8_celery" / "packers.py"
HEAD = ("kind", "name", "qualname", "index", "parent", "block", "is_async", "globals")
"""What is known of every scope of a stored module at once."""
SCALARS = (int, str, bool, float, type(None))
BEGIN = '''"""What packs facts as lists, strings and numbers, and what unpacks them, for each class of the model.

Written by scripts/write_packers.py: do not edit.
"""

# mypy: ignore-errors

from __future__ import annotations

from sys import intern
from typing import Any, Callable, NoReturn

from . import model

new = object.__new__


def bad(data: object) -> NoReturn:
    raise ValueError(f"not a fact: {type(data).__name__}")


'''


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something is not current")
    given = parser.parse_args()
    text = packers()
    if not given.check:
        TARGET.write_text(text, "utf-8")
    elif TARGET.read_text("utf-8") != text:
        print(f"{TARGET.name} is not what the model says: run python scripts/write_packers.py", file=sys.stderr)
        return 1
    return 0


def packers() -> str:
    """The text of the module."""
    writer = Writer()
    names = _init_fields(model.Scope)
    writer.write_part(model.Scope, [name for name in names if name in HEAD], "head")
    writer.write_part(model.Scope, [name for name in names if name not in (*HEAD, "decorators")], "body")
    writer.write_field(model.Scope, "decorators")
    writer.function(model.Deployment)
    return writer.text()


class Writer:
    """Writes `pack_<number>` and `unpack_<number>` for types, each once."""

    def __init__(self) -> None:
        self._names: dict[object, str] = {}
        self._functions: list[str] = []
        self._tables: list[str] = []
        self._constants: dict[str, str] = {}

    def text(self) -> str:
        """The module with all that was written."""
        constants = "".join(f"{name} = {value}\n" for name, value in self._constants.items())
        classes = {cls.__name__: n for cls, n in self._names.items() if isinstance(cls, type) and is_dataclass(cls)}
        known = "".join(
            f"{kind.upper()}ERS: dict[str, Callable[[Any], Any]] = {{"
            + ", ".join(f"{name!r}: {kind}_{number}" for name, number in sorted(classes.items()))
            + "}\n"
            for kind in ("pack", "unpack")
        )
        return f"{BEGIN}{constants}\n{''.join(self._functions)}{''.join(self._tables)}{known}"

    def function(self, hint: object) -> str:
        """The number under which a type has its functions."""
        name = self._names.get(hint)
        if name is None:
            # Named before it is written: a type may contain itself.
            name = self._names[hint] = str(len(self._names))
            self._write(hint, name)
        return name

    def write_part(self, cls: type, names: Sequence[str], name: str) -> None:
        """Write `pack_<name>` for some fields of a class, and `fill_<name>` that sets them in an object without any."""
        hints = typing.get_type_hints(cls, vars(model))
        variables = [f"v{i}" for i in range(len(names))]
        packed = ", ".join(self._packed(hints[n], f"value.{n}") for n in names)
        self._functions.append(
            f"def pack_{name}(value: Any) -> list[object]:\n"
            f" if type(value) is not {self._class(cls)}: bad(value)\n return [{packed}]\n"
            f"def fill_{name}(made: Any, data: Any) -> None:\n"
            f" if type(data) is not list or len(data) != {len(names)}: bad(data)\n"
            f" {''.join(v + ', ' for v in variables)}= data\n"
            + "".join(
                f" {self._setter(cls, n)}(made, {self._unpacked(hints[n], v)})\n"
                for n, v in zip(names, variables, strict=True)
            )
        )

    def write_field(self, cls: type, name: str) -> None:
        """Write `pack_<name>` for a field of a class, and `fill_<name>` that sets it in an object."""
        hint = typing.get_type_hints(cls, vars(model))[name]
        self._functions.append(
            f"def pack_{name}(value: Any) -> object:\n return {self._packed(hint, f'value.{name}')}\n"
            f"def fill_{name}(made: Any, data: Any) -> None:\n"
            f" {self._setter(cls, name)}(made, {self._unpacked(hint, 'data')})\n"
        )

    def _write(self, hint: object, name: str) -> None:
        if isinstance(hint, type) and is_dataclass(hint):
            self._write_class(hint, name)
            return
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            self._write_sequence(arguments[0], name)
        elif origin is tuple:
            self._write_tuple(arguments, name)
        elif origin in (types.UnionType, typing.Union):
            self._write_union(arguments, name)
        else:
            raise TypeError(f"no facts of type {hint!r}")

    def _packed(self, hint: object, value: str) -> str:
        """An expression that packs the variable `value`."""
        scalar = self._scalar(hint, value)
        if scalar:
            return scalar
        rest = _without_none(hint)
        if rest is not None:
            return f"None if {value} is None else {self._packed(rest, value)}"
        call = f"pack_{self.function(hint)}({value})"
        # most sequences are empty
        return f"[] if {value} == () else {call}" if _is_sequence(hint) else call

    def _unpacked(self, hint: object, data: str) -> str:
        """An expression that unpacks the variable `data`."""
        scalar = self._scalar(hint, data)
        if scalar:
            return scalar
        rest = _without_none(hint)
        if rest is not None:
            return f"None if {data} is None else {self._unpacked(rest, data)}"
        call = f"unpack_{self.function(hint)}({data})"
        return f"() if {data} == [] else {call}" if _is_sequence(hint) else call

    def _scalar(self, hint: object, value: str) -> str:
        """An expression for what stands for itself, "" where the type is not one of these or a union of them. Names are
        the same over and over: `intern` keeps each once, and refuses what is no string."""
        members = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
        if not all(member in SCALARS for member in members):
            return ""
        if members == (str,):
            return f"intern({value})"
        if len(members) == 1:
            return f"{value} if type({value}) is {_name(members[0])} else bad({value})"
        return f"{value} if type({value}) in {self._types(members)} else bad({value})"

    def _class(self, cls: type) -> str:
        return self._constant(cls.__name__, f"model.{cls.__name__}")

    def _setter(self, cls: type, field: str) -> str:
        """What a frozen class's own `__init__` does for each field by way of `object.__setattr__`, which is slow."""
        return self._constant(f"set_{cls.__name__}_{field}", f"model.{cls.__name__}.{field}.__set__")

    def _types(self, members: Sequence[object]) -> str:
        names = sorted(map(_name, members))
        value = f"frozenset({{{', '.join(names)}}})" if names else "frozenset()"
        plain = (name.removeprefix("type(").removesuffix(")") for name in names)
        return self._constant(f"types_{'_or_'.join(plain) or 'none'}", value)

    def _constant(self, name: str, value: str) -> str:
        self._constants[name] = value
        return name

    def _write_class(self, cls: type, name: str) -> None:
        hints = typing.get_type_hints(cls, vars(model))
        packed = ", ".join(self._packed(hints[n], f"value.{n}") for n in _init_fields(cls))
        self._functions.append(
            f"def pack_{name}(value):\n if type(value) is not {self._class(cls)}: bad(value)\n return [{packed}]\n"
        )
        self._write_unpacker(cls, f"unpack_{name}")

    def _write_unpacker(self, cls: type, name: str, first: str = "") -> None:
        """Write what unpacks the fields of a class; `first` stands before them, where something does."""
        hints = typing.get_type_hints(cls, vars(model))
        names = _init_fields(cls)
        variables = [f"v{i}" for i in range(len(names))]
        unpacked = [self._unpacked(hints[n], v) for n, v in zip(names, variables, strict=True)]
        self._functions.append(
            f"def {name}(data):\n"
            f" if type(data) is not list or len(data) != {len(names) + bool(first)}: bad(data)\n"
            f" {first}{''.join(v + ', ' for v in variables)}= data\n"
            f" made = new({self._class(cls)})\n"
            + "".join(f" {self._setter(cls, n)}(made, {u})\n" for n, u in zip(names, unpacked, strict=True))
            + " return made\n"
        )

    def _write_sequence(self, item: object, name: str) -> None:
        self._functions.append(
            f"def pack_{name}(value):\n"
            f" if type(value) is not tuple: bad(value)\n"
            f" return [{self._packed(item, 'v')} for v in value]\n"
            f"def unpack_{name}(data):\n"
            f" if type(data) is not list: bad(data)\n"
            f" return tuple([{self._unpacked(item, 'v')} for v in data])\n"
        )

    def _write_tuple(self, items: tuple[object, ...], name: str) -> None:
        variables = [f"v{i}" for i in range(len(items))]
        names = "".join(f"{v}, " for v in variables)
        packed = ", ".join(self._packed(item, v) for item, v in zip(items, variables, strict=True))
        unpacked = ", ".join(f"({self._unpacked(item, v)})" for item, v in zip(items, variables, strict=True))
        self._functions.append(
            f"def pack_{name}(value):\n"
            f" if type(value) is not tuple or len(value) != {len(items)}: bad(value)\n"
            f" {names}= value\n"
            f" return [{packed}]\n"
            f"def unpack_{name}(data):\n"
            f" if type(data) is not list or len(data) != {len(items)}: bad(data)\n"
            f" {names}= data\n"
            f" return ({unpacked},)\n"
        )

    def _write_union(self, members: tuple[object, ...], name: str) -> None:
        classes = [member for member in members if isinstance(member, type) and is_dataclass(member)]
        plain = self._types([member for member in members if member in SCALARS])
        if not all(member in SCALARS or member in classes for member in members):
            raise TypeError(f"no facts of type {members!r}")
        numbers = [self.function(cls) for cls in classes]
        for cls, known in zip(classes, numbers, strict=True):
            # members of a union come with their number in front
            self._write_unpacker(cls, f"tagged_unpack_{known}", "_, ")
        cases = "".join(
            f" if cls is {self._class(cls)}: return [{number}, *pack_{known}(value)]\n"
            for number, (cls, known) in enumerate(zip(classes, numbers, strict=True))
        )
        table = ", ".join(f"{number}: tagged_unpack_{known}" for number, known in enumerate(numbers))
        self._tables.append(f"unpackers_{name} = {{{table}}}\n")
        self._functions.append(
            f"def pack_{name}(value):\n"
            f" cls = type(value)\n{cases}"
            f" return value if cls in {plain} else bad(value)\n"
            f"def unpack_{name}(data):\n"
            f" if type(data) is list:\n"
            f"  if data and type(data[0]) is int and data[0] in unpackers_{name}:\n"
            f"   return unpackers_{name}[data[0]](data)\n"
            f"  bad(data)\n"
            f" return data if type(data) in {plain} else bad(data)\n"
        )


def _init_fields(cls: type) -> list[str]:
    return [field.name for field in fields(cls) if field.init]


def _without_none(hint: object) -> object | None:
    """What a union with None is otherwise; None for all else."""
    members = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else ()
    rest = [member for member in members if member is not type(None)]
    return reduce(or_, rest) if len(rest) < len(members) else None


def _is_sequence(hint: object) -> bool:
    return typing.get_origin(hint) is tuple and typing.get_args(hint)[1:] == (Ellipsis,)


def _name(scalar: object) -> str:
    assert isinstance(scalar, type)
    return "type(None)" if scalar is type(None) else scalar.__name__


if __name__ == "__main__":
    sys.exit(main())

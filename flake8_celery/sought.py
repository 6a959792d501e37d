"""What files are looked for that call it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_ALL = re.compile(r"\bimport[\s(\\]*\*")
_WORD = re.compile(r"\w+")
_CALLED = re.compile(r"\.\s*(\w+)\s*\(")


class Sought(NamedTuple):
    """A function, a method or a class by what a file has to import to call it.

    `place` is the path of its module without suffix, which has the module's name in it, `name` what is imported of
    that, and `method` what is called on it, "" where it is called itself.
    """

    place: str
    name: str
    method: str = ""


def attributes_called(text: str) -> frozenset[str]:
    """The names of all that is called as an attribute of something in a text."""
    return frozenset(_CALLED.findall(text))


def likely(path: str, data: bytes, sought: Iterable[Sought]) -> list[Sought]:
    """What a file may call by the words in its text: most files have none of them, and what they import does not
    matter."""
    text = data.decode("utf-8", "replace")
    words = {*_WORD.findall(text), *path.split("/")}
    called = attributes_called(text)
    all_of_it = _ALL.search(text) is not None
    found = []
    for each in sought:
        if not all(map(str.isascii, each)):  # there are several ways to write such a name
            found.append(each)
        elif each.place.rpartition("/")[2] in words:
            if each.method in called if each.method else (all_of_it or each.name in words):
                found.append(each)
    return found

"""How text looks on a terminal: colours, links and the width that characters take."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TextIO

from ..frozen import dataclass

_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

SEVERITY = {"error": "bold red", "warning": "bold yellow", "advice": "bold cyan"}


@dataclass(frozen=True, slots=True)
class Style:
    """`width` is that of the terminal, None where lines are not to be wrapped or cut."""

    color: bool = False
    links: bool = False
    width: int | None = None

    def paint(self, text: str, look: str) -> str:
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_SGR[word] for word in look.split())}m{text}\x1b[0m"

    def link(self, text: str, url: str) -> str:
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self.links else text


def wants_color(stream: TextIO, choice: str) -> bool:
    """Whether to colour what goes to `stream`: `choice` is "auto", "always" or "never", and stronger than the variables
    of the environment; of these NO_COLOR is stronger than FORCE_COLOR."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    """`text` without what a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

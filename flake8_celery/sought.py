"""What files are looked for that call it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Sought(NamedTuple):
    """A function, a method or a class by what a file has to import to call it.

    `place` is the path of its module without suffix, which has the module's name in it, `name` what is imported of
    that, and `method` what is called on it, "" where it is called itself.
    """

    place: str
    name: str
    method: str = ""

    @property
    def call(self) -> re.Pattern[bytes]:
        """How it is called as an attribute."""
        return re.compile(rb"\.\s*%s\s*\(" % (self.method or self.name).encode())

"""The harness: real workers, real brokers, real crashes.

`Lab` is what the proofs of the rules are written with; `Harness` runs a task of the user's under one fault after the
other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lab import Lab
    from .survival import Harness

__all__ = ["Harness", "HarnessError", "Lab", "times"]


class HarnessError(Exception):
    """Something the harness needs is missing, refused or did not happen. The message is for the user."""


def times(count: int) -> str:
    """How often, in words: never, once, twice, 3 times."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def __getattr__(name: str) -> object:
    if name == "Lab":
        from .lab import Lab

        return Lab
    if name == "Harness":
        from .survival import Harness

        return Harness
    raise AttributeError(name)

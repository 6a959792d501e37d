"""Dataclasses that the type checker keeps from being changed.

Python's own frozen classes set each field by way of `object.__setattr__`, which takes three times as long, and a
project's facts are some hundred thousand objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses

    def dataclass(*, frozen, slots):
        assert frozen
        return dataclasses.dataclass(slots=slots, unsafe_hash=True)


__all__ = ["dataclass"]

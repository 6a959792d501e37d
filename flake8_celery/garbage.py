"""When not to look for garbage: trees and facts are masses of new objects, and none of them is any."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is looked for meanwhile: every look would walk over all that is being made."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def settled() -> Iterator[None]:
    """What is made meanwhile stays, and is never looked through for garbage."""
    with uncollected():
        try:
            yield
        finally:
            gc.freeze()


def keep(thing: object) -> None:
    """Never take apart what a thing holds, not even when the process ends: for a project's facts that takes as long as
    all the rest. A cycle that is frozen is not looked for, and so outlives those who name it."""
    cycle: list[object] = [thing]
    cycle.append(cycle)
    gc.freeze()

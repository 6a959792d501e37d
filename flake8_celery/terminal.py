"""How wide the terminal is."""

from __future__ import annotations

import os
import sys

_USUAL = 80


def columns() -> int:
    """What `shutil.get_terminal_size` says, whose import takes a twentieth of a run over a project that is known."""
    try:
        told = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        told = 0
    if told > 0:
        return told
    try:
        stream = sys.__stdout__
        return (os.get_terminal_size(stream.fileno()).columns if stream is not None else 0) or _USUAL
    except (AttributeError, ValueError, OSError):
        return _USUAL

"""What the `celery` program need not import here."""

from __future__ import annotations

import sys
from types import ModuleType


def skip_the_shell() -> None:
    """Spare each worker the interactive shell's packages, a quarter of what the `celery` program imports."""
    shell = ModuleType("click_repl")
    shell.register_repl = lambda *_, **__: None  # type: ignore[attr-defined]
    sys.modules.setdefault("click_repl", shell)

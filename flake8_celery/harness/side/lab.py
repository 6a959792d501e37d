"""What the code of a proof may import: a journal of what it did, and gates at which it waits."""

from __future__ import annotations

import json
import os
import time

_PATH = os.environ["FLAKE8_CELERY_JOURNAL"]


def journal(name: str, *values: object) -> None:
    """Append an entry to the lab's journal."""
    line = json.dumps(["note", os.getpid(), name, *values], default=str) + "\n"
    descriptor = os.open(_PATH, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def gate(name: str, seconds: float = 30.0) -> bool:
    """Wait until the experiment releases the gate; tells whether it did."""
    end = time.monotonic() + seconds
    while not os.path.exists(f"{_PATH}.{name}"):
        if time.monotonic() > end:
            return False
        time.sleep(0.004)
    return True

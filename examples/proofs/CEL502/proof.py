"""How long a request waits for a result while no worker runs."""

from __future__ import annotations

import sys

from flake8_celery.harness import Lab

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.start([sys.executable, "request.py"])
    lab.wait_for("waiting")
    if lab.comes(lambda: lab.count("answered"), with_="good", otherwise=3):
        return f"no worker: answered “{lab.journal('answered')[0][1]}”"
    return "no worker: not answered"

"""Which visibility timeout the broker's channel has."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1
_PROGRAM = """\
from shop import app

with app.connection_for_read() as connection:
    print(connection.default_channel.visibility_timeout)
"""


def experiment(lab: Lab) -> str:
    ran = lab.python("-c", _PROGRAM)
    return f"messages are delivered again after {ran.out} s" if ran.code == 0 else ran.err

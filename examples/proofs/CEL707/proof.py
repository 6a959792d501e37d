"""Which of four entries are left when two share a key and one schedule replaces another."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1

ENTRIES = """
from shop.celery import app

app.loader.import_default_modules()
for key in sorted(app.conf.beat_schedule):
    print(key)
"""


def experiment(lab: Lab) -> str:
    entries = lab.python("-c", ENTRIES).out.splitlines()
    return f"beat has {len(entries)} of 4 entries: {', '.join(entries)}"

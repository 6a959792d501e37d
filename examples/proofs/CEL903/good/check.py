"""A test that runs each task twice that says it bears it."""

from lab import journal
from shop.tasks import app, shipments

for name, task in sorted(app.tasks.items()):
    if getattr(task, "idempotent", False):
        for _ in range(2):
            task(7)
        journal("ran twice", name, shipments())

"""Whether beat sends what a module adds to the schedule that Celery imports by itself."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery")
    beat = lab.beat("shop.celery")
    # twice as long as the schedule needs
    lab.comes(lambda: lab.count("exported"), with_="good", otherwise=2)
    sent = "the task" if "Sending due task export" in beat.log else "nothing"
    return f"beat sent {sent}, the task {'ran' if lab.count('exported') else 'never ran'}"

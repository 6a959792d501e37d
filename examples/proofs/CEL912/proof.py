"""How many of the messages that wait go out at once."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5
WAITING = 5


def experiment(lab: Lab) -> str:
    for number in range(WAITING):
        lab.send("shop.tasks.push", number)
    lab.worker("shop.tasks")
    lab.wait_for("pushed")
    lab.comes(lambda: lab.count("pushed") == WAITING, with_="bad", otherwise=1)
    return f"{len(lab.service.requests)} of {WAITING} messages went out at once"

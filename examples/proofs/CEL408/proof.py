"""Whether another task ever runs beside one that loops for ever."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    lab.send("shop.tasks.watch_inbox")
    lab.wait_for("read")
    lab.send("shop.tasks.send_invoice", 7)
    lab.wait_for("read", times=15)
    ran = lab.comes(lambda: lab.count("sent"), with_="good", otherwise=1)
    return f"after 15 rounds the next task {'has run' if ran else 'has not run'}"

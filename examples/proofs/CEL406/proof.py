"""Whether another task runs while one waits for an external job."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    lab.send("shop.tasks.fetch_video", "v1")
    lab.wait_for("asked")
    lab.send("shop.tasks.send_invoice", 7)
    ran = lab.comes(lambda: lab.count("sent"), with_="good", otherwise=2)
    return f"while the job was waited for, the next task {'ran' if ran else 'did not run'}"

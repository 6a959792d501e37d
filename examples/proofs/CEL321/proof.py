"""Whether a task gets a lock that a killed process held."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 12
_NO_EXPIRY = -1


def experiment(lab: Lab) -> str:
    worker = lab.worker("tasks")
    first = lab.send("tasks.close_books")
    lab.wait_for("held")
    worker.kill_child()
    lab.outcome(first)
    lab.release("done")
    following = lab.send("tasks.close_books")
    lab.outcome(following, within=60)
    if lab.count("held") > 1:
        return "the next run gets the lock"
    expiry = "which has no expiry" if lab.result(following) == _NO_EXPIRY else f"for {lab.result(following)} s"
    return f"the next run does not get the lock, {expiry}"

"""What a worker does when the script that started it is told to stop."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    script = lab.start(["sh", "start.sh"])
    lab.until(lambda: " ready." in script.log, within=60)
    running = lab.send("shop.tasks.wait")
    lab.wait_for("started")
    script.terminate()
    lab.until(lambda: "Warm shutdown" in script.log or not script.alive)
    following = lab.send("shop.tasks.following")
    lab.release("done")
    if "Warm shutdown" not in script.log:
        lab.wait_for("followed")
        return "the worker hears nothing and takes the next task"
    ended = lab.outcome(running)
    script.wait()
    left = "is left in the queue" if lab.left(within=0) == 1 else lab.outcome(following)
    return f"warm shutdown: the task ends with {ended}, the next one {left}"

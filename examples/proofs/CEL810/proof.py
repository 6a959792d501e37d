"""What a start script does that calls a program of Celery 3."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    beat = lab.start(["sh", "start.sh"])
    lab.until(lambda: not beat.alive or "beat: Starting" in beat.log)
    return (
        "beat is started" if beat.alive else f"the script ends with {beat.wait()}: {beat.log.split(': ')[-1].strip()}"
    )

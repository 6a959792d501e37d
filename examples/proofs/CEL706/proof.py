"""What becomes of the processes that import a schedule with a field that Celery does not take."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3
FRESH = True


def experiment(lab: Lab) -> str:
    error = lab.python("-c", "import shop.celery").error
    beat = lab.beat("shop.celery", ready=False)
    lab.until(lambda: not beat.alive or "beat: Starting" in beat.log)
    return (
        f"the module {f'raises {error}' if error else 'is imported'}, beat {'starts' if beat.alive else 'ends at once'}"
    )

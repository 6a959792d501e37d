"""What a caller learns of its tasks without a result backend."""

from __future__ import annotations

from flake8_celery.harness import Lab, times
from flake8_celery.harness.lab import Ran

SECONDS = 4
CODE_ALONE = {"CELERY_RESULT_BACKEND": ""}


def experiment(lab: Lab) -> str:
    lab.worker("tasks", env=CODE_ALONE)
    state, value = (answer(lab.python(script, env=CODE_ALONE)) for script in ("state.py", "value.py"))
    lab.wait_for("exported", times=2)
    return f"the task ran {times(lab.count('exported'))}; state: {state}, get(): {value}"


def answer(caller: Ran) -> str:
    """What a script printed, or the exception that ended it."""
    raised = [name for name in ("AttributeError", "NotImplementedError") if f"\n{name}:" in caller.err]
    return raised[-1] if raised else caller.out or caller.error

"""What becomes of a message that an older release sends, after the task's function has moved."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4


def experiment(lab: Lab) -> str:
    def release(number: int) -> dict[str, str]:
        return {"PYTHONPATH": f"{lab.folder / f'release_{number}'}:{lab.env['PYTHONPATH']}"}

    lab.worker("shop.celery", env=release(2))
    send = "from shop.tasks import ship; print(ship.name, ship.delay(7).id)"
    name, task = lab.python("-c", send, env=release(1)).out.split()
    known = lab.python("-c", "from shop.orders import ship; print(ship.name)", env=release(2)).out
    outcome = lab.outcome(task)
    ran = times(lab.count("shipped"))
    return f"sent as {name}, known as {known}: ran {ran}, {outcome}, {lab.left()} messages left"

"""How a worker is stopped decides what becomes of its tasks: real process trees, as deployments start and stop them."""

from __future__ import annotations

import signal

import psutil

from .conftest import LabMaker

APP = """
from celery import Celery
from lab import gate, journal

app = Celery("shop")


@app.task
def early(number):
    journal("started", number)
    gate("go")
    journal("done", number)


@app.task(acks_late=True, reject_on_worker_lost=True)
def late(number):
    journal("started", number)
    gate("go")
    journal("done", number)
"""
WORKER = "celery -A shop worker --concurrency 1 --without-gossip --without-mingle --without-heartbeat\n"


def test_a_shell_keeps_the_signal_for_itself(make_lab: LabMaker) -> None:
    """`sh start.sh` without `exec`, as the first process of a container: the worker never hears of the shutdown."""
    lab = make_lab({"shop.py": APP, "start.sh": f"trap : TERM\n{WORKER}true\n"})
    shell = lab.start(["sh", "start.sh"])
    task = lab.send("shop.early", 1)
    lab.wait_for("started")
    shell.terminate()
    lab.release("go")
    assert lab.outcome(task) == "SUCCESS"
    assert lab.outcome(lab.send("shop.early", 2)) == "SUCCESS"  # still at work
    assert "Warm shutdown" not in shell.log


def test_exec_hands_the_signal_to_the_worker(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP, "start.sh": f"exec {WORKER}"})
    worker = lab.start(["sh", "start.sh"])
    lab.wait_ready(worker)
    worker.terminate()
    assert worker.wait() == 0
    assert "Warm shutdown" in worker.log


def test_a_grace_period_that_is_too_short(make_lab: LabMaker) -> None:
    """SIGTERM, and SIGKILL before the tasks are done: what is acknowledged is lost, what is not comes again."""
    lab = make_lab({"shop.py": APP})
    for name, runs in (("shop.early", 1), ("shop.late", 2)):
        worker = lab.worker("shop")
        task = lab.send(name, 1)
        lab.wait_started(task)
        if name == "shop.early":
            lab.acknowledged(task)
        worker.terminate()
        assert lab.until(lambda worker=worker: "Warm shutdown" in worker.log)  # type: ignore[misc]
        assert not lab.journal("done")
        worker.kill()
        lab.age_unacked()
        following = lab.worker("shop")
        if name == "shop.late":
            lab.release("go")
            assert lab.outcome(task) == "SUCCESS"
        else:
            lab.barrier()
        assert lab.started(task) == runs
        following.kill()


def test_a_supervisor_that_stops_the_group_kills_running_tasks(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    worker = lab.worker("shop")
    task = lab.send("shop.early", 1)
    lab.wait_for("started")
    children = worker.children()
    worker.send_signal(signal.SIGTERM, group=True)
    assert lab.outcome(task) == "FAILURE (WorkerLostError)"
    assert not lab.journal("done")
    assert not any(psutil.pid_exists(child.pid) and child.status() == "running" for child in children)

"""Labs: real workers, and what is known to go wrong when they are killed and watched."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from flake8_celery.harness import HarnessError, Lab
from flake8_celery.harness.journal import NotSeenError
from flake8_celery.harness.processes import Processes
from flake8_celery.harness.servers import RedisServer

from .conftest import LabMaker

APP = """
from celery import Celery
from lab import gate, journal

app = Celery("shop", broker="redis://broker.example/0", backend="redis://results.example/0")
app.conf.broker_read_url = "redis://read.example/0"
app.conf.broker_write_url = "redis://write.example/0"


@app.task
def early(number):
    journal("early", number)
    gate("go")
    journal("done", number)
    return number


@app.task(acks_late=True)
def late(number):
    journal("late", number)
    gate("go")
    journal("done", number)
    return {"number": number}


@app.task
def wrong():
    raise LookupError("nothing there")
"""


def test_the_app_is_led_to_the_lab(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    lab.worker("shop")
    lab.release("go")
    task = lab.send("shop.late", 7)
    assert lab.outcome(task) == "SUCCESS"
    assert lab.result(task) == {"number": 7}
    assert lab.journal("late") == [["late", 7]]
    assert lab.left() == 0
    assert lab.outcome(lab.send("shop.wrong")) == "FAILURE (LookupError)"


ELSEWHERE = """
from celery import Celery


class Shop(Celery):
    def connection_for_write(self, url=None, *args, **kwargs):
        return super().connection_for_write("redis://:secret@127.0.0.1:6379/14", *args, **kwargs)


app = Shop("shop")
"""


RESULTS_ELSEWHERE = """
from celery import Celery

app = Celery("shop")


@app.task(backend="redis://:secret@127.0.0.1:6379/14")
def f():
    pass
"""


@pytest.mark.parametrize("text", [ELSEWHERE, RESULTS_ELSEWHERE])
def test_a_worker_that_would_go_elsewhere_is_refused(make_lab: LabMaker, text: str) -> None:
    lab = make_lab({"shop.py": text})
    worker = lab.worker("shop", ready=False)
    assert worker.wait() == 70
    assert "refusing to start: the app would use redis://:**@127.0.0.1:6379/14" in worker.log
    with pytest.raises(HarnessError, match="refusing to start"):
        lab.worker("shop")


def test_a_killed_process_is_noticed_and_replaced(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    worker = lab.worker("shop")
    for number in range(3):
        task = lab.send("shop.early", number)
        lab.wait_for("early", number)
        worker.kill_child()
        assert lab.outcome(task) == "FAILURE (WorkerLostError)"
    assert worker.alive
    assert not lab.journal("done")


def test_an_early_acknowledgement_is_seen_before_the_worker_is_killed(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    worker = lab.worker("shop")
    task = lab.send("shop.early", 1)
    lab.wait_for("early")
    lab.acknowledged(task)
    worker.kill()
    lab.age_unacked()
    lab.worker("shop")
    lab.barrier()
    assert lab.started(task) == 1


def test_what_a_dead_worker_held_is_delivered_again_at_once(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    worker = lab.worker("shop")
    task = lab.send("shop.late", 1)
    lab.wait_for("late")
    family = worker.children()
    worker.kill()
    assert not any(psutil.pid_exists(child.pid) and child.status() != "zombie" for child in family)
    lab.age_unacked()
    lab.release("go")
    lab.worker("shop")
    assert lab.outcome(task) == "SUCCESS"
    assert lab.started(task) == 2


def test_the_barrier_is_behind_what_was_sent_before(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    lab.worker("shop")
    lab.release("go")
    for number in range(20):
        lab.send("shop.early", number)
    lab.barrier()
    assert lab.journal("done") == [["done", number] for number in range(20)]


def test_rabbitmq_has_a_queue_of_its_own(make_lab: LabMaker, rabbitmq: str) -> None:
    lab = make_lab({"shop.py": APP}, rabbitmq)
    worker = lab.worker("shop")
    task = lab.send("shop.late", 1)
    lab.wait_for("late")
    worker.kill()
    lab.release("go")
    lab.worker("shop")
    assert lab.outcome(task) == "SUCCESS"
    assert lab.started(task) == 2
    assert lab.left() == 0


def test_a_worker_that_dies_at_its_start(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": "import nothing_of_this_name\n"})
    with pytest.raises(HarnessError, match="nothing_of_this_name"):
        lab.worker("shop")


def test_a_process_that_is_never_ready_is_not_forgotten(make_lab: LabMaker) -> None:
    lab = make_lab({"sleep.py": "import time\ntime.sleep(600)\n"})
    process = lab.start(["python", "sleep.py"])
    with pytest.raises(NotSeenError, match=r"was not ready within 0\.2 s"):
        lab.wait_ready(process, within=0.2)
    lab.close()
    assert not process.alive
    assert not lab.folder.exists()


def test_a_client_runs_to_its_end(make_lab: LabMaker) -> None:
    lab = make_lab(
        {
            "shop.py": APP,
            "send.py": "import shop\nprint(shop.late.delay(3).id)\n",
            "bad.py": "import shop\nshop.late.delay()\n",
        }
    )
    ran = lab.python("send.py")
    assert (ran.code, ran.error) == (0, "")
    lab.release("go")
    lab.worker("shop")
    assert lab.outcome(ran.out) == "SUCCESS"
    assert lab.python("bad.py").error == "TypeError"


def test_beat_sends(make_lab: LabMaker) -> None:
    beat = APP + 'app.conf.beat_schedule = {"now": {"task": "shop.early", "schedule": 0.1, "args": (1,)}}\n'
    lab = make_lab({"shop.py": beat})
    process = lab.beat("shop")
    assert lab.until(lambda: lab.left(0) >= 2)
    process.terminate()
    process.wait()


def test_scripts_find_a_celery_program(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP, "run.sh": "exec celery -A shop worker --pool solo\n"})
    worker = lab.start(["sh", "run.sh"])
    lab.wait_ready(worker)
    worker.terminate()
    assert worker.wait() == 0


def test_the_service_answers_as_planned(make_lab: LabMaker) -> None:
    from urllib.error import HTTPError
    from urllib.request import urlopen

    lab = make_lab({})
    service = lab.http(503, (200, "hello"), "drop")
    with pytest.raises(HTTPError) as refused:
        urlopen(service.url)
    refused.value.close()
    assert refused.value.code == 503
    with urlopen(service.url + "a") as answer:
        assert answer.read() == b"hello"
    with pytest.raises(OSError, match=r"(?i)closed|reset"):
        urlopen(service.url)
    with urlopen(service.url) as answer:
        assert answer.read() == b"ok"
    assert [request.path for request in service.requests] == ["/", "/a", "/", "/"]


def test_waiting_ends_when_the_run_is_stopped(tmp_path: Path, server: RedisServer) -> None:
    stopped = Processes()
    other = Lab(tmp_path, processes=stopped, redis=server)
    stopped.close()
    with pytest.raises(HarnessError, match="the run was stopped"):
        other.wait_for("never")
    with pytest.raises(HarnessError, match="the run was stopped"):
        other.python("-c", "pass")
    other.close()


def test_a_warm_shutdown_lets_the_task_end(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    worker = lab.worker("shop")
    task = lab.send("shop.early", 1)
    lab.wait_for("early")
    worker.terminate()
    lab.release("go")
    assert lab.outcome(task) == "SUCCESS"
    # not waited for: now and then the pool's process lingers for 30 s, until billiard gives up on its last message


def test_signals(make_lab: LabMaker) -> None:
    lab = make_lab({"shop.py": APP})
    worker = lab.worker("shop")
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    assert os.getpgid(0) != worker.pid

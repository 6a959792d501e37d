"""The golden rules: a task may run again, a worker may die at any moment, beat may die, Redis may be flushed.

An order whose task is idempotent and acknowledged late, and which a periodic task sends again until it is paid,
survives each of them. The same order without these is paid twice or never: that is what the rules are about.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_celery.harness import Lab
from flake8_celery.harness.processes import Processes
from flake8_celery.harness.servers import redis_server

DATABASE = """
import sqlite3
from contextlib import contextmanager


@contextmanager
def database():
    connection = sqlite3.connect("shop.sqlite3", timeout=30, isolation_level=None)
    connection.execute("CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, paid INTEGER DEFAULT 0)")
    yield connection
    connection.close()
"""

TASKS = """
from celery import Celery
from lab import gate, journal

from database import database

app = Celery("shop", broker="redis://localhost/0")
app.conf.beat_schedule = {"unpaid": {"task": "shop.send_unpaid", "schedule": 0.5}}


@app.task
def pay_carelessly(number):
    journal("begun", number)
    gate("pay")
    journal("paid", number)


@app.task(acks_late=True)
def pay_late(number):
    journal("begun", number)
    gate("pay")
    journal("paid", number)


@app.task(acks_late=True, time_limit=60)
def pay(number):
    journal("begun", number)
    gate("pay")
    with database() as orders:
        if orders.execute("UPDATE orders SET paid = 1 WHERE number = ? AND paid = 0", (number,)).rowcount:
            journal("paid", number)


@app.task
def send_unpaid():
    journal("looked for unpaid orders")
    with database() as orders:
        unpaid = orders.execute("SELECT number FROM orders WHERE paid = 0").fetchall()
    for (number,) in unpaid:
        pay.delay(number)
"""

PLACE = """
import sys

from database import database
from shop import pay

sent, *numbers = sys.argv[1:]
for number in map(int, numbers):
    with database() as orders:
        orders.execute("INSERT INTO orders (number) VALUES (?)", (number,))
    if sent == "sent":
        pay.delay(number)
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab with a server that may be flushed."""
    for name, text in {"database.py": DATABASE, "shop.py": TASKS, "place.py": PLACE}.items():
        (tmp_path / name).write_text(text, "utf-8")
    processes = Processes()
    try:
        server = redis_server(processes)
        with Lab(tmp_path, processes=processes, redis=server) as found:
            yield found
    finally:
        processes.close()
        server.close()


def place(lab: Lab, *numbers: int, how: str = "sent") -> None:
    assert lab.python("place.py", how, *map(str, numbers)).code == 0


def test_a_task_may_run_again(lab: Lab) -> None:
    lab.release("pay")
    place(lab, 1)
    for _ in range(2):
        lab.send("shop.pay", 1)
        lab.send("shop.pay_carelessly", 2)
    lab.worker("shop")
    lab.barrier()
    assert lab.count("begun", 1) == 3
    assert lab.count("paid", 1) == 1
    assert lab.count("paid", 2) == 2


@pytest.mark.parametrize(("task", "paid"), [("pay_carelessly", 0), ("pay_late", 1)])
def test_a_worker_may_die_at_any_moment(lab: Lab, task: str, paid: int) -> None:
    worker = lab.worker("shop")
    sent = lab.send(f"shop.{task}", 1)
    lab.wait_for("begun")
    if not paid:
        lab.acknowledged(sent)
    worker.kill()
    lab.age_unacked()
    lab.release("pay")
    lab.worker("shop")
    if paid:
        lab.wait_for("begun", times=2)
    lab.barrier()
    assert lab.count("paid") == paid


def test_a_signal_to_the_whole_group_loses_what_is_acknowledged_late(lab: Lab) -> None:
    """As supervisors with `stopasgroup=true` send it: the pool's process dies while the worker waits for it."""
    worker = lab.worker("shop")
    sent = lab.send("shop.pay_late", 1)
    lab.wait_for("begun")
    worker.terminate(group=True)
    worker.wait()
    assert lab.outcome(sent) == "FAILURE (WorkerLostError)"
    assert lab.left() == 0
    assert lab.count("paid") == 0


def test_a_signal_to_the_worker_alone_lets_it_finish(lab: Lab) -> None:
    worker = lab.worker("shop")
    lab.send("shop.pay_late", 1)
    lab.wait_for("begun")
    worker.terminate()
    lab.until(lambda: "Warm shutdown" in worker.log)
    lab.release("pay")
    worker.wait()
    assert lab.count("paid") == 1


def test_beat_may_die(lab: Lab) -> None:
    lab.release("pay")
    lab.worker("shop")
    beat = lab.beat("shop")
    lab.wait_for("looked for unpaid orders")
    beat.kill()
    lab.barrier()
    # the program that places this order dies before it sends the task
    place(lab, 1, how="only stored")
    lab.barrier()
    assert lab.count("begun") == 0
    lab.beat("shop")  # its schedule file is lost as well
    lab.wait_for("paid", 1)
    lab.barrier()
    assert lab.count("paid") == 1


def test_redis_may_be_flushed(lab: Lab) -> None:
    lab.release("pay")
    place(lab, 1, 2, 3)
    assert lab.left(within=0) == 3
    lab.server.flush()
    assert lab.left(within=0) == 0
    lab.worker("shop")
    lab.barrier()
    assert lab.count("begun") == 0
    lab.beat("shop")
    lab.wait_for("paid", times=3)
    lab.barrier()
    assert sorted(number for _, number in lab.journal("paid")) == [1, 2, 3]


def test_the_code_must_survive_all_of_it(lab: Lab) -> None:
    worker, beat = lab.worker("shop"), lab.beat("shop")
    place(lab, 1, 2)
    lab.wait_for("begun")
    worker.kill()
    beat.kill()
    place(lab, 3)
    lab.server.flush()
    lab.release("pay")
    place(lab, 4)
    lab.worker("shop")
    lab.beat("shop")
    for number in (1, 2, 3, 4):
        lab.wait_for("paid", number)
    lab.barrier()
    assert sorted(number for _, number in lab.journal("paid")) == [1, 2, 3, 4]

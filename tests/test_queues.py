"""Which queues workers read, and where routes lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.queues import declared, read
from flake8_celery.routing import Route, route_of, routes
from tests.projects import make

APP = "from celery import Celery\nfrom kombu import Queue\napp = Celery('shop', broker='redis://')\n"
WORKER = "worker: celery -A shop.app worker\n"


@pytest.mark.parametrize(
    ("code", "procfile", "queues"),
    [
        ("", WORKER, {"celery"}),
        ("", WORKER.strip() + " -Q mail,slow\n", {"mail", "slow"}),
        ("", WORKER + WORKER.replace("worker:", "slow:").strip() + " --queues=slow\n", {"celery", "slow"}),
        ("app.conf.task_default_queue = 'shop'", WORKER, {"shop"}),
        ("app.conf.task_queues = [Queue('a'), Queue(name='b')]", WORKER, {"a", "b"}),
        ("app.conf.task_queues = {'a': {}, 'b': {}}", WORKER, {"a", "b"}),
        ("app.conf.task_queues = [Queue('a')]", WORKER.strip() + " -Q b\n", {"b"}),
        ("app.conf.task_queues = [Queue(n) for n in 'ab']", WORKER, None),
        ("from lib import QUEUES\napp.conf.task_queues = QUEUES", WORKER, None),
        ("import os\napp.conf.task_default_queue = os.environ['Q']", WORKER, None),
        ("app.config_from_object('elsewhere')", WORKER, None),
        ("", WORKER.strip() + " -Q $QUEUES\n", None),
        ("", WORKER.strip() + " $OPTIONS\n", None),
        ("", "", None),
        ("", "web: gunicorn shop.wsgi\n", None),
        ("app.control.add_consumer('mail')", WORKER, None),
        ("app.worker_main(['worker', '-Q', 'mail'])", WORKER, None),
        ("import subprocess\nsubprocess.run('celery -A shop.app worker -Q mail', shell=True)", WORKER, None),
    ],
)
def test_read(tmp_path: Path, code: str, procfile: str, queues: set[str] | None) -> None:
    project = make(tmp_path, {"shop/__init__.py": "", "shop/app.py": f"{APP}{code}\n", "Procfile": procfile})
    assert read(project) == queues


def test_workers_for_development_do_not_count_alone(tmp_path: Path) -> None:
    compose = "services:\n  worker:\n    command: celery -A shop.app worker\n"
    files = {"shop/__init__.py": "", "shop/app.py": APP, "compose.dev.yaml": compose}
    assert read(make(tmp_path / "one", files)) is None
    both = make(tmp_path / "two", {**files, "Procfile": "worker: celery -A shop.app worker -Q mail"})
    assert read(both) == frozenset({"celery", "mail"})


def test_declared(tmp_path: Path) -> None:
    project = make(tmp_path, {"shop/app.py": APP + "app.conf.task_queues = (Queue('a', routing_key='b'),)\n"})
    assert declared(project, project.apps[0]) == frozenset({"a"})
    assert declared(make(tmp_path / "none", {"shop/app.py": APP}), None) == frozenset()


def test_routes_in_celerys_order() -> None:
    value = ({"a.*": "first", "a.b": {"queue": "second", "priority": 3}}, [("a.c", {"routing_key": "x"})])
    assert list(routes(value)) == [Route("a.b", "second", 3), Route("a.*", "first"), Route("a.c", None)]
    assert route_of(value, "a.b") == Route("a.b", "second", 3)
    assert route_of(value, "a.c") == Route("a.*", "first")
    assert route_of(value, "c") is None


@pytest.mark.parametrize("value", ["shop.route", ["shop.route"], object(), {object(): "x"}, [[("a",)]]])
def test_routes_that_cannot_be_told(value: object) -> None:
    assert list(routes(value)) == [None]
    assert route_of(value, "a") is None


def test_other_wildcards_need_a_star() -> None:
    assert not Route("a.?", None).matches("a.b")
    assert Route("a.?*", None).matches("a.b")
    assert list(routes(None)) == []

"""What the project tells its checks about calls, what a task runs, and the schedule."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.index import is_test_path
from flake8_celery.model import Const, Name
from tests.projects import make

APP = """
from celery import Celery
app = Celery("proj")
"""


@pytest.mark.parametrize(
    ("call", "method", "args", "kwargs", "options"),
    [
        ("add.delay(1, y=2)", "delay", (Const(1),), (("y", Const(2)),), []),
        ("add.delay(*xs)", "delay", None, (), []),
        ("add.apply_async((1,), {'y': 2}, countdown=3)", "apply_async", (Const(1),), (("y", Const(2)),), ["countdown"]),
        ("add.apply_async(args=[1])", "apply_async", (Const(1),), (), []),
        ("add.apply_async(xs, queue='q')", "apply_async", None, (), ["queue"]),
        ("add.s(1)", "s", (Const(1),), (), []),
        ("add.si()", "si", (), (), []),
        ("add.signature((1,), countdown=2)", "signature", (Const(1),), (), ["countdown"]),
        ("add.s(1).apply_async(countdown=2)", "apply_async", (Const(1),), (), ["countdown"]),
        ("add.s(1).set(queue='q').delay()", "delay", (Const(1),), (), ["queue"]),
        ("add.delay_on_commit(1)", "delay_on_commit", (Const(1),), (), []),
        ("app.send_task('proj.tasks.add', (1,))", "send_task", (Const(1),), (), []),
        ("signature('proj.tasks.add', args=(1,))", "signature", (Const(1),), (), []),
    ],
)
def test_dispatch(tmp_path: Path, call: str, method: str, args: object, kwargs: object, options: list[str]) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/celery.py": APP,
            "proj/tasks.py": "from .celery import app\n@app.task\ndef add(x, y=0): ...\n",
            "proj/views.py": f"from celery import signature\nfrom .celery import app\nfrom .tasks import add\n{call}\n",
        },
    )
    module = project.module("proj/views.py")
    assert module is not None
    found = project.dispatch(module.body, module.body.calls[-1])
    assert found is not None
    assert (found.method, found.args, found.kwargs) == (method, args, kwargs)
    assert sorted(found.options) == options
    assert found.name == "proj.tasks.add"
    assert found.sends is (method not in ("s", "si", "signature"))


@pytest.mark.parametrize("call", ["add(1)", "x.s(1)", "x.set(1)", "signature(1)", "x.si()"])
def test_no_dispatch(tmp_path: Path, call: str) -> None:
    project = make(tmp_path, {"a.py": f"from celery import shared_task\n@shared_task\ndef add(x): ...\n{call}\n"})
    module = project.module("a.py")
    assert module is not None
    assert project.dispatch(module.body, module.body.calls[-1]) is None


def test_reach_follows_the_project_and_keeps_the_trace(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/celery.py": APP,
            "proj/tasks.py": """
            from .celery import app
            from .helpers import first, Client

            @app.task
            def f():
                def nested():
                    inner()
                nested()
                first()
                Client().send()
                other()
                f()

            @app.task
            def other(): ...
            """,
            "proj/helpers.py": """
            def first(): second()
            def second(): third()
            def third(): fourth()
            def fourth(): first()
            class Client:
                def send(self): ...
            """,
        },
    )
    task = next(t for t in project.tasks if t.name == "proj.tasks.f")
    found = {reached.scope.qualname: reached.trace for reached in project.reach(task)}
    assert list(found) == ["f", "f.nested", "first", "Client.send", "second", "third"]
    assert found["second"] == ("proj.tasks.f", "proj.helpers.first", "proj.helpers.second")
    reached = next(r for r in project.reach(task) if r.scope.qualname == "second")
    assert [call.attr for _, call in reached.calls] == ["first", "second"]
    assert reached.calls[0][0] is task.function


def test_caught(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "a.py": """
            import requests
            from requests import exceptions as e
            def f():
                try:
                    try:
                        a()
                    except (requests.Timeout, e.ConnectionError):
                        b()
                    except unknown():
                        pass
                except Exception:
                    c()
                except:
                    d()
            """
        },
    )
    module = project.module("a.py")
    assert module is not None
    f = module.scope("f")
    assert f is not None
    caught = {c.attr: project.caught(f, c.block) for c in f.calls}
    assert caught["a"] == [
        "requests.Timeout",
        "requests.exceptions.ConnectionError",
        None,
        "Exception",
        "BaseException",
    ]
    assert caught["b"] == ["Exception", "BaseException"]
    assert caught["c"] == []


def test_schedule(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/celery.py": APP
            + """
from .tasks import add
SCHEDULE = {"one": {"task": "proj.tasks.add", "schedule": 10}}
app.conf.beat_schedule = SCHEDULE
app.conf.beat_schedule.update({"two": {"task": add.name, "schedule": 10}})
app.conf.update(beat_schedule={"three": {"task": compute(), "schedule": 10}})
@app.on_after_configure.connect
def setup(sender, **kwargs):
    sender.add_periodic_task(10, add.s(1))
    sender.add_periodic_task(10, add)
""",
            "proj/tasks.py": "from celery import shared_task\n@shared_task\ndef add(x): ...\n",
            "proj/settings.py": "CELERY_BEAT_SCHEDULE = {'four': {'task': 'x.y', 'schedule': 1}}\n",
        },
    )
    assert sorted((e.name, e.task) for e in project.schedule) == [
        ("", "proj.tasks.add"),
        ("", "proj.tasks.add"),
        ("four", "x.y"),
        ("one", "proj.tasks.add"),
        ("three", None),
        ("two", "proj.tasks.add"),
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("proj/tests/test_a.py", True),
        ("proj/tests.py", True),
        ("conftest.py", True),
        ("proj/test_a.py", True),
        ("proj/a_test.py", True),
        ("proj/latest.py", False),
        ("proj/contest/a.py", False),
        ("proj/testimonials/tasks.py", False),
    ],
)
def test_test_paths(path: str, expected: bool) -> None:
    assert is_test_path(path) is expected


def test_a_file_that_cannot_be_parsed_is_left_out(tmp_path: Path) -> None:
    project = make(tmp_path, {"a.py": "from celery import shared_task\n@shared_task\ndef f(:\n", "b.py": APP})
    assert [m.path for m in project.modules] == ["b.py"]
    assert project.index.problems["a.py"].line == 3


def test_module_level_names_of_tasks(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {"a.py": APP + "def f(): ...\ng = app.task(f)\ng.delay()\nf()\n"},
    )
    module = project.module("a.py")
    assert module is not None
    task = project.task(module.body, Name("g"))
    assert task is not None
    assert task.name == "a.f"
    assert project.task(module.body, Name("f")) is None

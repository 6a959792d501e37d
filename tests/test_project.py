"""What the project tells its checks about calls, what a task runs, and the schedule."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.model import Const, Name
from flake8_celery.roles import is_test_path
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
        ("app.signature('proj.tasks.add', (1,))", "signature", (Const(1),), (), []),
        ("signature(add, (1,), immutable=True)", "signature", (Const(1),), (), []),
        ("add.s(1).delay(2)", "delay", (Const(2), Const(1)), (), []),
        ("add.si(1).delay(2)", "delay", (Const(1),), (), []),
        (
            "add.s(1).clone((2,), {'y': 3}, queue='q').apply_async()",
            "apply_async",
            (Const(2), Const(1)),
            (("y", Const(3)),),
            ["queue"],
        ),
        ("add.apply_async(None, dict(y=2))", "apply_async", (), (("y", Const(2)),), []),
        ("add.apply_async(**more)", "apply_async", None, None, []),
        ("add.apply((1,), countdown=3)", "apply", (Const(1),), (), ["countdown"]),
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


@pytest.mark.parametrize(
    ("call", "immutable"),
    [
        ("add.s()", False),
        ("add.si()", True),
        ("add.signature(immutable=True)", True),
        ("add.signature(immutable=choose())", None),
        ("add.s().set(immutable=True)", True),
        ("add.si().set(queue='q')", True),
        ("signature('x', immutable=True)", True),
    ],
)
def test_immutable(tmp_path: Path, call: str, immutable: bool | None) -> None:
    text = "from celery import shared_task, signature\n@shared_task\ndef add(x): ...\nx = " + call + "\n"
    project = make(tmp_path, {"a.py": text})
    module = project.module("a.py")
    assert module is not None
    found = project.signature(module.body, module.body.assigns[-1].value)
    assert found is not None
    assert found.immutable is immutable


def test_a_bound_task_sends_and_retries_itself(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "a.py": """
            from celery import Celery, Task
            app = Celery("a")
            @app.task(bind=True)
            def f(self, x):
                self.delay(1)
                def again():
                    self.retry(args=(2,), countdown=3)
                self.retry()
                x.retry()
            @app.task
            def g(self):
                self.delay(1)
            class T(Task):
                def run(self, x):
                    self.retry(kwargs={"x": 1})
            app.register_task(T())
            """
        },
    )
    module = project.module("a.py")
    assert module is not None
    sent = [(scope.qualname, found.name, found.args) for scope, _, found in project.sent_in(module)]
    assert sent == [("f", "a.f", (Const(1),)), ("g", None, (Const(1),))]
    retries = [(s.qualname, r.args, r.kwargs) for s in module.scopes for c in s.calls if (r := project.retry(s, c))]
    assert retries == [("f", None, None), ("f.again", (Const(2),), None), ("T.run", None, (("x", Const(1)),))]


def test_tasks_by_name(tmp_path: Path) -> None:
    text = "from celery import shared_task\n@shared_task(name='same')\ndef f(): ...\n"
    project = make(tmp_path, {"a.py": text, "b.py": text + "@shared_task\ndef g(): ...\n"})
    found = project.task_named("b.g")
    assert found is not None
    assert found.function.name == "g"
    assert project.task_named("same") is None
    assert project.has_task("same")
    assert not project.has_task("b.f")


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
    assert sorted((e.name, e.task or "") for e in project.schedule) == [
        ("", "proj.tasks.add"),
        ("", "proj.tasks.add"),
        ("four", "x.y"),
        ("one", "proj.tasks.add"),
        ("three", ""),
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


def test_what_schedule_entries_send(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/celery.py": APP
            + """
from .tasks import add
app.conf.beat_schedule = {
    "one": {
        "task": "proj.tasks.add",
        "schedule": 10,
        "args": (1, 2),
    },
    "two": dict(task="proj.tasks.add", schedule=10, kwargs={"x": 1}),
    "three": {"task": "x", "args": choose(), **more},
}
app.conf.beat_schedule["four"] = {"task": "y"}
@app.on_after_configure.connect
def setup(sender, **kwargs):
    sender.add_periodic_task(10, add.s(2), args=(1,))
    sender.add_periodic_task(10, add, (1,), {"y": 2})
    sender.add_periodic_task(10, add.s(*xs))
""",
            "proj/tasks.py": "from .celery import app\n@app.task\ndef add(x, y=0): ...\n",
            "proj/rows.py": """
            import json
            from django_celery_beat.models import PeriodicTask
            PeriodicTask.objects.create(name="five", task="z", args=json.dumps([1, 2]), interval=every)
            PeriodicTask.objects.update_or_create(name="six", defaults={"task": "z", "kwargs": '{"x": 1}'})
            PeriodicTask.objects.filter(task="gone")
            """,
            "proj/migrations/0001.py": """
            from django_celery_beat.models import PeriodicTask
            PeriodicTask.objects.create(name="seven", task="old")
            """,
        },
    )
    shown = [
        (e.kind, e.name, e.task, e.path.rpartition("/")[2], e.span.line, e.at.line,
         None if e.args is None else len(e.args), None if e.kwargs is None else [k for k, _ in e.kwargs])
        for e in project.schedule
    ]  # fmt: skip
    assert shown == [
        ("entry", "one", "proj.tasks.add", "celery.py", 7, 9, 2, []),
        ("entry", "two", "proj.tasks.add", "celery.py", 11, 11, 0, ["x"]),
        ("entry", "three", "x", "celery.py", 12, 12, None, None),
        ("entry", "four", "y", "celery.py", 14, 14, 0, []),
        ("call", "", "proj.tasks.add", "celery.py", 17, 17, 2, []),
        ("call", "", "proj.tasks.add", "celery.py", 18, 18, 1, ["y"]),
        ("call", "", "proj.tasks.add", "celery.py", 19, 19, None, []),
        ("row", "five", "z", "rows.py", 3, 3, 2, []),
        ("row", "six", "z", "rows.py", 4, 4, 0, ["x"]),
    ]


def test_when_and_how_schedule_entries_send(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/celery.py": APP
            + """
from .tasks import add
app.conf.beat_schedule = {
    "one": {"task": "x", "schedule": 10, "options": {"expires": 5, "queue": "q"}},
    "two": {"task": "x", "schedule": 20},
    "three": {"task": "x", "schedule": 30, "options": choose()},
    "four": {"task": "x", "schedule": 40, **more},
}
@app.on_after_configure.connect
def setup(sender, **kwargs):
    sender.add_periodic_task(50, add.s(2).set(expires=5), name="x", queue="q")
    sender.add_periodic_task(60, add, **more)
    sender.add_periodic_task(70, chosen)
""",
            "proj/tasks.py": "from .celery import app\n@app.task\ndef add(x, y=0): ...\n",
            "proj/rows.py": """
            from django_celery_beat.models import PeriodicTask
            PeriodicTask.objects.create(name="five", task="z", interval=every, expire_seconds=5)
            """,
        },
    )
    shown = [
        (e.when.value if isinstance(e.when, Const) else None, None if e.options is None else [k for k, _ in e.options])
        for e in project.schedule
    ]
    assert shown == [
        (10, ["expires", "queue"]),
        (20, []),
        (30, None),
        (40, None),
        (50, ["expires", "queue"]),
        (60, None),
        (70, None),
        (None, ["expire_seconds"]),
    ]


@pytest.mark.parametrize(
    ("path", "text", "others", "is_test"),
    [
        ("test.py", APP, {}, False),
        ("shop/test.py", APP, {}, False),
        ("shop/tests.py", APP, {"shop/views.py": "import celery"}, False),
        ("test.py", APP + "def test_add(): ...", {}, True),
        ("test.py", APP + "class AddTest: ...", {}, True),
        ("test.py", APP + "assert app", {}, True),
        ("test.py", APP + "import pytest", {}, True),
        ("test.py", "from shop.tasks import add\nadd.delay(1)", {}, True),
        ("test.py", APP, {"shop/celery.py": APP}, True),
        ("test.py", APP, {"tests/app.py": APP}, False),
        ("test_app.py", APP, {}, True),
        ("tests/test.py", APP, {}, True),
        ("app.py", APP, {}, False),
    ],
)
def test_a_program_may_be_called_test(
    tmp_path: Path, path: str, text: str, others: dict[str, str], is_test: bool
) -> None:
    project = make(tmp_path, {path: text, **others})
    assert project.index.is_test(path) is is_test
    assert bool([app for app in project.apps if app.module.path == path]) is not is_test

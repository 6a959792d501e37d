"""Tasks are recognised in every form that people write, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.config import Config
from flake8_celery.model import UNKNOWN
from tests.projects import make

APP = "from celery import Celery\napp = Celery('proj')\n"


@pytest.mark.parametrize(
    "text",
    [
        "from celery import Celery\napp = Celery('x')\n@app.task\ndef f(): ...",
        "from celery import Celery\napp = Celery('x')\n@app.task()\ndef f(): ...",
        "import celery\napp = celery.Celery('x')\n@app.task(name='n')\ndef f(): ...",
        "from celery import Celery\napp = Celery['T']('x')\n@app.task\ndef f(): ...",
        "from celery import Celery\nclass Mine(Celery): ...\napp = Mine('x')\n@app.task\ndef f(): ...",
        "from celery import shared_task\n@shared_task\ndef f(): ...",
        "from celery import shared_task as task\n@task(bind=True)\ndef f(self): ...",
        "import celery\n@celery.shared_task\ndef f(): ...",
        "from celery import current_app\n@current_app.task\ndef f(): ...",
        "from celery.app import shared_task\n@shared_task\ndef f(): ...",
        "from proj.celery import app as celery\n@celery.task\ndef f(): ...",
        "from proj import capp\n@capp.task\ndef f(): ...",
        "from .celery import app\n@app.task\ndef f(): ...",
        "from .celery import app\ndef f(): ...\ng = app.task(f)",
        "from .celery import app\ndef f(): ...\ng = app.task(acks_late=True)(f)",
        "from celery import shared_task\ndef f(): ...\ng = shared_task(f)",
        "from functools import partial\nfrom celery import shared_task\ntask = partial(shared_task, acks_late=True)\n@task\ndef f(): ...",
        "from functools import partial\nfrom .celery import app\n@partial(app.task, acks_late=True)\ndef f(): ...",
        "from celery import shared_task\ntask = shared_task(acks_late=True)\n@task\ndef f(): ...",
        "from .celery import app\ntask = app.task\n@task(acks_late=True)\ndef f(): ...",
        "from .house import plain\n@plain\ndef f(): ...",
        "from .house import plain\n@plain(acks_late=True)\ndef f(): ...",
        "from .house import Durable\n@Durable('q')\ndef f(): ...",
        "from .house import durable\n@durable(queue='x')\ndef f(): ...",
        "from elsewhere.celery import app\n@app.task\ndef f(): ...",
        "from .celery import app\nclass T(app.Task):\n    def run(self): ...\napp.register_task(T())",
        "from celery import Task\nfrom .celery import app\nclass T(Task):\n    name = 'n'\n    def run(self): ...\nt = app.register_task(T())",
        "def make(app):\n    @app.task\n    def f(): ...\nfrom celery import Celery",
        "from celery import shared_task\nclass C:\n    @staticmethod\n    @shared_task\n    def f(): ...",
        "import elsewhere\n@elsewhere.decorators.house\ndef f(): ...",
    ],
)  # fmt: skip
def test_recognised(tmp_path: Path, text: str) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "from .celery import app as capp\n",
            "proj/celery.py": APP,
            "proj/house.py": """
            from functools import wraps
            from celery import shared_task
            from .celery import app

            def plain(*args, **kwargs):
                kwargs.setdefault("time_limit", 60)
                if len(args) == 1 and callable(args[0]):
                    return app.task(**kwargs)(args[0])
                return app.task(*args, **kwargs)

            class Durable:
                def __init__(self, queue):
                    self.queue = queue

                def __call__(self, function):
                    @wraps(function)
                    def inner(*args, **kwargs):
                        return function(*args, **kwargs)

                    return shared_task(acks_late=True, queue=self.queue)(inner)

            class _House:
                def __call__(self, function=None, **options):
                    return shared_task(reject_on_worker_lost=True, **options)(function)

            durable = _House()
            """,
            "proj/tasks.py": text,
        },
        Config(task_decorators=("elsewhere.decorators.house",)),
    )
    assert len([t for t in project.tasks if t.module.path == "proj/tasks.py"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from invoke import task\n@task\ndef f(c): ...",
        "from prefect import task\n@task(retries=3)\ndef f(): ...",
        "from airflow.decorators import task\n@task\ndef f(): ...",
        "from huey import RedisHuey\nhuey = RedisHuey()\n@huey.task()\ndef f(): ...",
        "from taskiq import InMemoryBroker\nbroker = InMemoryBroker()\n@broker.task\nasync def f(): ...",
        "from procrastinate import App\napp = App()\n@app.task\ndef f(): ...",
        "import celery\nfrom procrastinate import App\napp = App()\n@app.task\ndef f(): ...",
        "from robocorp.tasks import task\n@task\ndef f(): ...",
        "class Task: ...\nclass T(Task):\n    def run(self): ...",
        "def task(f): return f\n@task\ndef f(): ...",
        "from celery import Task\nclass Base(Task):\n    abstract = True\n    def run(self): ...",
        "from celery import shared_task\n\ndef register(handler):\n    @shared_task\n    def inner(): ...\n    HANDLERS.append(inner)\n    return handler\n\n@register\ndef g(): ...",
    ],
)  # fmt: skip
def test_not_taken_for_a_task(tmp_path: Path, text: str) -> None:
    project = make(tmp_path, {"proj/__init__.py": "", "proj/tasks.py": text})
    assert [t.function.name for t in project.tasks if t.function.name in ("f", "run", "g")] == []


def test_options_and_names(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/options.py": "SLOW = {'time_limit': 600, 'queue': 'slow'}\n",
            "proj/tasks.py": """
            import os
            from celery import shared_task
            from .options import SLOW

            @shared_task(**SLOW, acks_late=True)
            def a(): ...

            @shared_task(name="other.name", time_limit=int(os.environ["LIMIT"]))
            def b(): ...

            @shared_task(**os.environ)
            def c(): ...

            @shared_task(bind=True)
            def d(self): ...
            """,
        },
    )
    a, b, c, d = project.tasks
    assert a.name == "proj.tasks.a"
    assert {k: v.value for k, v in a.options.items()} == {"time_limit": 600, "queue": "slow", "acks_late": True}
    assert b.name == "other.name"
    assert b.options["time_limit"].value is UNKNOWN
    assert not c.complete
    assert c.bound is None
    assert d.bound is True
    assert project.option(c, "time_limit").state == "unknown"


def test_wrapper_options(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/celery.py": APP,
            "proj/house.py": """
            from .celery import app

            def limited(limit=30, **options):
                options.setdefault("acks_late", True)
                def decorate(function):
                    return app.task(time_limit=limit, **options)(function)
                return decorate

            def fixed(function):
                return app.task(soft_time_limit=5)(function)
            """,
            "proj/tasks.py": """
            from .house import fixed, limited

            @limited(limit=10, queue="q")
            def a(): ...

            @limited()
            def b(): ...

            @fixed
            def c(): ...
            """,
        },
    )
    a, b, c = project.tasks
    assert {k: v.value for k, v in a.options.items()} == {"time_limit": 10, "queue": "q", "acks_late": True}
    assert project.option(b, "time_limit").value == 30
    assert project.option(c, "soft_time_limit").value == 5
    assert project.option(c, "acks_late").is_unset
    assert a.app is project.apps[0]
    assert a.wrappers


def test_retries(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/celery.py": APP,
            "proj/helpers.py": "def again(task): task.retry()\ndef quiet(x): ...\n",
            "proj/tasks.py": """
            import tenacity
            from celery import Task
            from .celery import app
            from .helpers import again, quiet

            class Retrying(Task):
                autoretry_for = (OSError,)

            class Plain(Task):
                ignore_result = True

            @app.task(autoretry_for=(OSError,))
            def yes_autoretry(): ...

            @app.task(bind=True)
            def yes_retry(self):
                self.retry()

            @app.task(bind=True)
            def yes_escapes(self):
                again(self)

            @app.task(base=Retrying)
            def yes_base(): ...

            @app.task
            @tenacity.retry(stop=1)
            def yes_decorator(): ...

            @app.task
            def yes_itself():
                yes_itself.delay()

            @app.task(base=Plain)
            def no_base():
                quiet(1)

            @app.task(max_retries=3)
            def no_options(): ...
            """,
        },
    )
    for task in project.tasks:
        assert project.retries(task) is task.function.name.startswith("yes"), task.function.name


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("from celery import shared_task\nshared_task(f)", True),
        ("from celery import shared_task as task\ntask(name='x')(f)", True),
        ("from celery import Celery\nqueue = Celery('x')\nqueue.task(f)", True),
        (
            "from functools import partial\nfrom celery import shared_task\ntask = partial(shared_task, bind=True)\ntask(f)",
            True,
        ),
        ("from celery import shared_task\ndef task(f): return shared_task(f)\ntask(f)", False),
        ("from celery import shared_task\nfrom .settings import O\nshared_task(**O)(f)", False),
        ("from huey import task\ntask(f)", False),
    ],
)
def test_decorators_of_celery_itself(tmp_path: Path, text: str, own: bool) -> None:
    project = make(tmp_path, {"a.py": text})
    module = project.module("a.py")
    assert module is not None
    assert project.makes_task(module.body, module.body.calls[-1].func) is own


@pytest.mark.parametrize(
    ("decorators", "name"),
    [
        ("@bare", "proj.house.inner"),
        ("@with_key('k')", "proj.house.wrapper"),
        ("@kept", "proj.tasks.f"),
        ("@listed", "proj.tasks.f"),
        ("@elsewhere", "proj.tasks.f"),
        ("@kept\n@bare", "proj.house.inner"),
        ("@elsewhere\n@bare", "proj.tasks.f"),
        ("@bare\n@kept", "proj.house.inner"),
        ("@with_key('k')\n@bare", "proj.house.wrapper"),
    ],
)
def test_a_decorator_can_lose_the_name(tmp_path: Path, decorators: str, name: str) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/house.py": """
            from functools import wraps

            def bare(f):
                def inner(*args): return f(*args)
                return inner

            def with_key(key):
                def decorate(f):
                    def wrapper(*args): return f(*args)
                    return wrapper
                return decorate

            def kept(f):
                @wraps(f)
                def inner(*args): return f(*args)
                return inner

            def listed(f):
                return f
            """,
            "proj/tasks.py": f"""
from celery import shared_task
from lib import elsewhere
from proj.house import bare, kept, listed, with_key

@shared_task
{decorators}
def f(): ...

@shared_task(name="own")
{decorators}
def g(): ...
""",
        },
    )
    f, g = project.tasks
    assert f.name == name
    assert (f.named_after is not None) == (name != "proj.tasks.f")
    assert (g.name, g.named_after) == ("own", None)

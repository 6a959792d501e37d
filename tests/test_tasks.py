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
        "from .lazy import proxied\n@proxied.task(bind=True)\ndef f(self): ...",
        "from .lazy import local\n@local.task\ndef f(): ...",
        "from .lazy import forwarding\n@forwarding.task\ndef f(): ...",
        "from .lazy import holder\n@holder.app.task\ndef f(): ...",
        "from .lazy import Holder\n@Holder.celery_app.task\ndef f(): ...",
        "import celery\nfrom werkzeug.local import LocalProxy\ncelery_app = LocalProxy(find)\n@celery_app.task\ndef f(): ...",
        "from flask_celeryext import FlaskCeleryExt\ncelery = FlaskCeleryExt(web).celery\n@celery.task\ndef f(): ...",
        "from .lazy import extended\n@extended.task(name='n')\ndef f(): ...",
        "from .house import attached\n@attached(acks_late=True)\ndef f(): ...",
        "from .house import kept\n@kept\ndef f(): ...",
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
            import venusian
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

            def attached(**options):
                options.setdefault("shared", False)

                def decorate(function):
                    def attach(scanner, name, function):
                        celery_app = scanner.registry["celery"]
                        celery_app.task(**options)(function)

                    venusian.attach(function, attach, category="tasks")
                    return function

                return decorate

            def kept(function):
                app.task(function)
                return function
            """,
            "proj/lazy.py": """
            from celery import Celery
            from flask_celeryext import FlaskCeleryExt
            from lazy_object_proxy import Proxy
            from werkzeug.local import LocalProxy

            class Maker:
                def __init__(self):
                    self._app = None

                @property
                def app(self):
                    if self._app is None:
                        self._app = Celery("lazy")
                    return self._app

                def __getattr__(self, name):
                    return getattr(self._app, name)

            class Holder:
                celery_app = Celery("held")

                def __init__(self):
                    self.app = Celery("held")

            def make():
                maker = Maker()
                app = maker.app
                return app

            def extend():
                extension = FlaskCeleryExt(web)
                return extension.celery

            proxied: Celery = Proxy(make)
            local = LocalProxy(lambda: Celery("local"))
            forwarding = Maker()
            holder = Holder()
            extended = extend()
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
        "from celery import Celery\ndef note(g):\n    print(Celery('x').task(h)(g))\n    return None\n\n@note\ndef g(): ...",
        "from werkzeug.local import LocalProxy\nfrom sched import find\nqueue = LocalProxy(find)\n@queue.task\ndef f(): ...",
        "import celery\nfrom werkzeug.local import LocalProxy\nfrom jobs import find\nqueue = LocalProxy(find)\n@queue.task\ndef f(): ...",
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


def test_a_decorator_that_registers_leaves_the_function_what_it_is(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/house.py": """
            import venusian
            from celery import Celery

            def task(**options):
                def decorate(wrapped):
                    def attach(scanner, name, wrapped):
                        celery_app = scanner.config.registry["celery"]
                        celery_app.task(**options)(wrapped)

                    venusian.attach(wrapped, attach)
                    return wrapped

                return decorate
            """,
            "proj/tasks.py": """
            from proj import house

            @house.task(acks_late=True)
            def index(): ...

            def now():
                index()
                index.delay()
            """,
        },
    )
    (task,) = project.tasks
    assert (task.name, task.options["acks_late"].value, task.app_known) == ("proj.tasks.index", True, False)
    assert not project.base_class(task)[1]
    module = project.module("proj/tasks.py")
    assert module is not None
    now = module.scope("now")
    assert now is not None
    assert project.task(now, now.calls[0].func) is None
    assert project.sent_in(module) == () or all(sent.task is None for _, _, sent in project.sent_in(module))


CLASSES = {
    "proj/__init__.py": "",
    "proj/celery.py": APP,
    "proj/base.py": """
    from .celery import app

    class Base(app.Task):
        max_retries = 3

        def __init_subclass__(cls, name=None):
            cls.name = name

        def run(self, *args, **kwargs):
            session = connect()
            self.note()
            return self.run_with(session, *args, **kwargs)

    class Periodic(Base):
        def run_with(self, session, *args, when, **kwargs):
            if self.is_due(when):
                return self.work(session, *args, **kwargs)
    """,
}


@pytest.mark.parametrize(
    ("text", "body", "name"),
    [
        (
            (
                "from .base import Base\nclass T(Base, name='t'):\n    def run_with(self, session, key): ...\n"
                "app.register_task(T())"
            ),
            "T.run_with",
            "t",
        ),
        (
            (
                "from .base import Periodic\nNAME = 'p'\nclass T(Periodic, name=NAME):\n"
                "    def is_due(self, when): ...\n    def work(self, session): ...\nx = app.register_task(T())"
            ),
            "T.work",
            "p",
        ),
        (
            (
                "from .base import Base\nfrom elsewhere import NAME\nclass T(Base, name=NAME):\n"
                "    def run_with(self, session): ...\nx = app.register_task(T())"
            ),
            "T.run_with",
            "",
        ),
        (
            "from .base import Base\nclass T(Base):\n    def run_with(self, session): ...\napp.register_task(T())",
            "T.run_with",
            "proj.tasks.T",
        ),
        (
            (
                "class T(app.Task):\n    def __init__(self):\n        self.name = type(self).__name__\n"
                "    def run(self): ...\napp.register_task(T())"
            ),
            "T.run",
            "",
        ),
        (
            (
                "class B(app.Task):\n    name = 'b'\n    def run(self, key):\n        self.work(key)\n"
                "class T(B):\n    def work(self, key): ...\napp.register_task(T())"
            ),
            "T.work",
            "b",
        ),
        ("from .base import Base\nclass T(Base, name='t'): ...\napp.register_task(T())", None, None),
        (
            "from .base import Base\nclass T(Base, name='t'):\n    def note(self): ...\napp.register_task(T())",
            None,
            None,
        ),
        ("from .base import Base\nclass T(Base, name='t'):\n    def run_with(self, session): ...", None, None),
        (
            (
                "class B(app.Task):\n    def run(self, key):\n        self.one(key)\n        self.other(key)\n"
                "class T(B):\n    def one(self, key): ...\n    def other(self, key): ...\napp.register_task(T())"
            ),
            None,
            None,
        ),
    ],
)
def test_a_class_inherits_what_runs(tmp_path: Path, text: str, body: str | None, name: str | None) -> None:
    project = make(tmp_path, {**CLASSES, "proj/tasks.py": f"from .celery import app\n{text}\n"})
    found = [(task.function.qualname, task.name) for task in project.tasks]
    assert found == ([(body, name)] if body is not None else [])
    for task in project.tasks:
        assert project.parameters(task) is None or task.function.name == "run"
        if "from .base" in text:
            assert project.option(task, "max_retries").value == 3


def test_the_registry_holds_tasks(tmp_path: Path) -> None:
    text = """
    from .base import Base
    from .celery import app

    class Mail(Base, name="mail"):
        def run_with(self, session, key): ...

    registered = app.register_task(Mail())
    mail = app.tasks[registered.name]

    @app.task(name="plain")
    def plain(): ...

    def send(things):
        registered.delay(1)
        mail.delay(2)
        app.tasks["mail"].delay(3)
        app.tasks["plain"].delay()
        things.tasks["plain"].delay()
        app.tasks[things].delay()
    """
    project = make(tmp_path, {**CLASSES, "proj/tasks.py": text})
    module = project.module("proj/tasks.py")
    assert module is not None
    send = module.scope("send")
    assert send is not None
    sent = [project.dispatch(send, call) for call in send.calls]
    assert [d.task.name if d is not None and d.task is not None else None for d in sent] == [
        "mail", "mail", "mail", "plain", None, None,
    ]  # fmt: skip


def test_a_class_is_registered_by_another_module(tmp_path: Path) -> None:
    files = {
        **CLASSES,
        "proj/tasks.py": """
        from celery import Task

        class Fetch(Task):
            name = "fetch"

            def run(self, url): ...

        class Kept(Task):
            def run(self, url): ...

        class Plain:
            def run(self, url): ...
        """,
        "proj/setup.py": """
        from proj.celery import app
        from proj.tasks import Fetch, Kept, Plain

        def register(web):
            app.register_task(Fetch())
            web.extensions["celery"].register_task(Plain())
            web.admin.register(Kept)
        """,
    }
    project = make(tmp_path, files)
    (task,) = project.tasks
    assert (task.name, task.module.path, task.app_known) == ("fetch", "proj/tasks.py", True)
    assert task.app is not None
    assert task.app.name == "proj.celery.app"

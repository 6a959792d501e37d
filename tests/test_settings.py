"""Effective settings: every way to set one, which of them wins, and silence where it cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.model import UNKNOWN, Value
from flake8_celery.project import Project
from tests.projects import make

APP = "from celery import Celery\napp = Celery('proj')\n"
TASK = "@app.task\ndef f(): ...\n"


def limit(project: Project, name: str = "task_time_limit") -> tuple[str, object]:
    found = project.setting(None, name)
    return found.state, found.value if found.state == "set" else None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": APP}, ("unset", None)),
        ({"a.py": "from celery import Celery\napp = Celery('proj', task_time_limit=60)\n"}, ("set", 60)),
        ({"a.py": "from celery import Celery\napp = Celery('p', changes={'task_time_limit': 60})\n"}, ("set", 60)),
        ({"a.py": "from celery import Celery\nO = {'task_time_limit': 60}\napp = Celery('p', **O)\n"}, ("set", 60)),
        ({"a.py": APP + "app.conf.task_time_limit = 60 * 2\n"}, ("set", 120)),
        ({"a.py": APP + "app.conf['task_time_limit'] = 60\n"}, ("set", 60)),
        ({"a.py": APP + "app.conf.update(task_time_limit=60)\n"}, ("set", 60)),
        ({"a.py": APP + "app.conf.update({'task_time_limit': 60})\n"}, ("set", 60)),
        ({"a.py": APP + "conf = app.conf\nconf.update({'task_time_limit': 60})\n"}, ("set", 60)),
        ({"a.py": APP + "O = dict(task_time_limit=60)\napp.conf.update(**O)\n"}, ("set", 60)),
        ({"a.py": APP + "app.conf.CELERYD_TASK_TIME_LIMIT = 60\n"}, ("set", 60)),
        ({"a.py": APP + "app.conf.setdefault('task_time_limit', 60)\n"}, ("set", 60)),
        ({"a.py": APP + "app.add_defaults({'task_time_limit': 60})\n"}, ("set", 60)),
        ({"a.py": APP + "app.conf.task_time_limit = None\n"}, ("unset", None)),
        ({"a.py": APP, "b.py": "from a import app\napp.conf.task_time_limit = 60\n"}, ("set", 60)),
        ({"a.py": APP + "import os\napp.conf.task_time_limit = int(os.environ['X'])\n"}, ("set", UNKNOWN)),
        ({"a.py": APP + "if DEBUG:\n    app.conf.task_time_limit = 60\n"}, ("set", UNKNOWN)),
        ({"a.py": APP + "app.conf.update(load())\n"}, ("unknown", None)),
        ({"a.py": APP + "app.config_from_object(CONFIG)\n"}, ("unknown", None)),
        ({"a.py": APP + "app.config_from_envvar('X')\n"}, ("unknown", None)),
        ({"a.py": APP + "app.config_from_object('c')\n", "c.py": "task_time_limit = 60\n"}, ("set", 60)),
        ({"a.py": APP + "app.config_from_object('c')\n", "c.py": "CELERYD_TASK_TIME_LIMIT = 60\n"}, ("set", 60)),
        ({"a.py": APP + "import c\napp.config_from_object(c)\n", "c.py": "task_time_limit = 60\n"}, ("set", 60)),
        ({"a.py": APP + "app.config_from_object('missing')\n"}, ("unknown", None)),
        ({"a.py": APP + "app.config_from_object('c:C')\n", "c.py": "class C:\n    task_time_limit = 60\n"}, ("set", 60)),
        ({"a.py": APP + "class B:\n    task_time_limit = 60\nclass C(B): ...\napp.config_from_object(C)\n"}, ("set", 60)),
        ({"a.py": APP + "app.config_from_object({'task_time_limit': 60})\n"}, ("unknown", None)),
        ({"a.py": APP + "C = {'task_time_limit': 60}\napp.config_from_object(C)\n"}, ("set", 60)),
        ({"a.py": APP + "app.config_from_object('c', namespace='CELERY')\n", "c.py": "CELERY_TASK_TIME_LIMIT = 60\n"}, ("set", 60)),
        ({"a.py": APP + "app.config_from_object('c', namespace='CELERY')\n", "c.py": "CELERY_TIME_LIMIT = 60\n"}, ("unset", None)),
        ({"a.py": APP + "app.config_from_object('c', namespace='CELERY_')\n", "c.py": "CELERY_TASK_TIME_LIMIT = 60\n"}, ("set", 60)),
        ({"a.py": APP + "app.config_from_object('c', namespace=NS)\n", "c.py": "CELERY_TASK_TIME_LIMIT = 60\n"}, ("unknown", None)),
        ({"a.py": APP + "app.config_from_object('c')\napp.conf.task_time_limit = 1\n", "c.py": "task_time_limit = 60\n"}, ("set", 1)),
        (
            {
                "a.py": "from celery import Celery\ndef make():\n    app = Celery('p')\n    app.conf.task_time_limit = 60\n"
                "    return app\ncelery = make()\n"
            },
            ("set", 60),
        ),
    ],
)  # fmt: skip
def test_sources(tmp_path: Path, files: dict[str, str], expected: tuple[str, object]) -> None:
    assert limit(make(tmp_path, files)) == expected


DJANGO = """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{module}")
app = Celery("proj")
app.config_from_object("django.conf:settings", namespace="CELERY")
"""


@pytest.mark.parametrize(
    ("module", "files", "expected"),
    [
        ("proj.settings", {"proj/settings.py": "CELERY_TASK_TIME_LIMIT = 60\n"}, ("set", 60)),
        ("proj.settings", {"proj/settings.py": "DEBUG = True\n"}, ("unset", None)),
        ("proj.settings", {"proj/settings.py": "CELERY_TIME_LIMIT = 60\n"}, ("unset", None)),
        ("proj.settings", {"proj/settings.py": "from elsewhere.settings import *\n"}, ("unknown", None)),
        ("proj.settings", {"proj/settings.py": "from .limits import CELERY_TASK_TIME_LIMIT\n",
                           "proj/limits.py": "CELERY_TASK_TIME_LIMIT = 60\n"}, ("set", 60)),
        ("proj.settings.local", {"proj/settings/__init__.py": "", "proj/settings/base.py": "CELERY_TASK_TIME_LIMIT = 60\n",
                                 "proj/settings/local.py": "from .base import *\n"}, ("set", UNKNOWN)),
        ("proj.settings.local", {"proj/settings/__init__.py": "from .base import *", "proj/settings/base.py": "CELERY_TASK_TIME_LIMIT = 60\n",
                                 "proj/settings/local.py": "from .base import *\n"}, ("set", 60)),
        ("proj.settings.local", {"proj/settings/__init__.py": "", "proj/settings/production.py": "CELERY_TASK_TIME_LIMIT = 60\n",
                                 "proj/settings/local.py": "DEBUG = True\n"}, ("unknown", None)),
        ("proj.settings.base", {"proj/settings/__init__.py": "from .base import *", "proj/settings/base.py": "CELERY_TASK_TIME_LIMIT = 60\n",
                                "proj/settings/test.py": "CELERY_TASK_TIME_LIMIT = 1\n"}, ("set", 60)),
        ("proj.settings", {"proj/settings.py": "class Base:\n    CELERY_TASK_TIME_LIMIT = 60\nclass Prod(Base): ...\n"}, ("set", 60)),
        ("proj.settings", {"proj/settings.py": "class Dev:\n    CELERY_TASK_TIME_LIMIT = 60\n"
                                               "class Prod:\n    CELERY_TASK_TIME_LIMIT = 90\n"}, ("set", UNKNOWN)),
        ("proj.settings", {"proj/settings.py": "class Base:\n    @property\n    def CELERY_TASK_TIME_LIMIT(self):\n        return 5\n"}, ("set", UNKNOWN)),
        ("nowhere.settings", {}, ("unknown", None)),
    ],
)  # fmt: skip
def test_django(tmp_path: Path, module: str, files: dict[str, str], expected: tuple[str, object]) -> None:
    files = {"proj/__init__.py": "", "proj/celery.py": DJANGO.format(module=module), **files}
    assert limit(make(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("@app.task\ndef f(): ...", Value("unset", None)),
        ("@app.task(time_limit=5)\ndef f(): ...", 5),
        ("@app.task(time_limit=None)\ndef f(): ...", "unset"),
        ("class B(Task):\n    time_limit = 5\n@app.task(base=B)\ndef f(): ...", 5),
        ("class A(Task):\n    time_limit = 5\nclass B(A): ...\n@app.task(base=B)\ndef f(): ...", 5),
        ("class B(Task):\n    time_limit = 5\n@app.task(base=B, time_limit=7)\ndef f(): ...", 7),
        ("from celery_singleton import Singleton\n@app.task(base=Singleton)\ndef f(): ...", "unset"),
        ("from other import Base\n@app.task(base=Base)\ndef f(): ...", "unknown"),
        ("@app.task(**options())\ndef f(): ...", "unknown"),
        ("app.conf.task_annotations = {'*': {'time_limit': 5}}\n@app.task\ndef f(): ...", 5),
        ("app.conf.task_annotations = {'a.f': {'time_limit': 5}}\n@app.task\ndef f(): ...", 5),
        ("app.conf.task_annotations = {'a.g': {'time_limit': 5}}\n@app.task\ndef f(): ...", "unset"),
        ("app.conf.task_annotations = {'*': {'time_limit': 5}}\n@app.task(time_limit=9)\ndef f(): ...", 5),
        ("app.conf.task_annotations = (load(),)\n@app.task\ndef f(): ...", "unknown"),
        ("app.conf.task_time_limit = 5\n@app.task\ndef f(): ...", 5),
        ("class T(app.Task):\n    time_limit = 5\n    def run(self): ...\napp.register_task(T())", 5),
    ],
)
def test_options(tmp_path: Path, code: str, expected: object) -> None:
    project = make(tmp_path, {"a.py": "from celery import Celery, Task\napp = Celery('a')\n" + code + "\n"})
    (task,) = project.tasks
    found = project.option(task, "time_limit")
    if isinstance(expected, str):
        assert found.state == expected
    elif isinstance(expected, int):
        assert found.value == expected
        assert found.origin.startswith("a.py:")
    else:
        assert found == expected


def test_task_class_of_the_app(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "b.py": "from celery import Task\nclass Base(Task):\n    time_limit = 5\n",
            "a.py": "from celery import Celery\napp = Celery('a', task_cls='b:Base')\n@app.task\ndef f(): ...\n",
        },
    )
    assert project.option(project.tasks[0], "time_limit").value == 5


def test_task_class_of_the_app_holds_for_shared_tasks(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "b.py": "from celery import Task\nclass Base(Task):\n    autoretry_for = (OSError,)\n",
            "a.py": "from celery import Celery\nfrom b import Base\napp = Celery('a', task_cls=Base)\n",
            "t.py": "from celery import shared_task\n@shared_task\ndef f(): ...\n",
        },
    )
    assert project.retries(project.tasks[0])


def test_shared_tasks_have_the_settings_that_all_apps_share(tmp_path: Path) -> None:
    shared = "from celery import shared_task\n@shared_task\ndef f(): ...\n"
    one = make(tmp_path / "one", {"a.py": APP + "app.conf.task_time_limit = 5\n", "t.py": shared})
    assert one.option(one.tasks[0], "time_limit").value == 5
    none = make(tmp_path / "none", {"t.py": shared})
    assert none.option(none.tasks[0], "time_limit").state == "unknown"
    other = "from celery import Celery\nsecond = Celery('q')\n"
    two = make(tmp_path / "two", {"a.py": APP + "app.conf.task_time_limit = 5\n", "b.py": other, "t.py": shared})
    assert two.option(two.tasks[0], "time_limit").state == "unknown"


@pytest.mark.parametrize(
    ("procfile", "expected"),
    [
        ("worker: celery -A a worker --time-limit 60\n", ("set", 60)),
        ("worker: celery -A a worker --time-limit=60\nfast: celery -A a worker --time-limit=5\n", ("set", UNKNOWN)),
        ("worker: celery -A a worker --time-limit=60\nother: celery -A a worker\n", ("unknown", None)),
        ("worker: celery -A a worker -l INFO\n", ("unset", None)),
        ("worker: celery -A a worker $OPTIONS\n", ("unknown", None)),
    ],
)
def test_command_lines(tmp_path: Path, procfile: str, expected: tuple[str, object]) -> None:
    assert limit(make(tmp_path, {"a.py": APP + TASK, "Procfile": procfile})) == expected


def test_development_files_do_not_count_beside_others(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services:\n  worker:\n    command: celery -A a worker\n",
        "docker-compose.dev.yml": "services:\n  worker:\n    command: celery -A a worker -P solo --time-limit 5\n",
    }
    project = make(tmp_path, {"a.py": APP + TASK, **files})
    assert project.pools(None) == {"prefork"}
    assert limit(project) == ("unset", None)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"Procfile": "worker: celery -A a worker\n"}, {"prefork"}),
        ({"Procfile": "worker: celery -A a worker -P threads\n"}, {"threads"}),
        ({"Procfile": "a: celery -A a worker -P gevent\nb: celery -A a worker\n"}, {"gevent", "prefork"}),
        ({"Procfile": "a: celery -A a worker -P $POOL\n"}, None),
    ],
)
def test_pools(tmp_path: Path, files: dict[str, str], expected: set[str] | None) -> None:
    assert make(tmp_path, {"a.py": APP + TASK, **files}).pools(None) == expected

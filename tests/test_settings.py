"""Effective settings: every way to set one, which of them wins, and silence where it cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.model import UNKNOWN, UNSET, Value
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
        (
            {
                "a.py": "from celery import Celery\nregistry['celery'] = Celery('p')\nregistry['celery'].conf.task_time_limit = 60\n"
            },
            ("set", 60),
        ),
        (
            {
                "a.py": "from celery import Celery\napp = Celery('p')\napp.config_from_object('b:Config')\n",
                "b.py": "from elsewhere import Base\nclass Config(Base):\n    task_acks_late = True\n",
            },
            ("unknown", None),
        ),
        (
            {
                "a.py": "from celery import Celery\napp = Celery('p')\napp.config_from_object('b:Config')\n",
                "b.py": "from pydantic_settings import BaseSettings\nclass Config(BaseSettings):\n    task_acks_late = True\n",
            },
            ("unset", None),
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
        ("proj.settings", {"proj/views/settings.py": "CELERY_TASK_TIME_LIMIT = 60\n"}, ("unknown", None)),
        ("proj.settings", {"proj/views/settings.py": "CELERY_TASK_TIME_LIMIT = 60\n",
                           "proj/settings_example.py": "CELERY_TASK_TIME_LIMIT = 90\n",
                           "proj/settings_docker.py": "CELERY_TASK_TIME_LIMIT = 90\n",
                           "proj/settings_test.py": "CELERY_TASK_TIME_LIMIT = 1\n"}, ("set", 90)),
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


@pytest.mark.parametrize(
    ("annotations", "state"),
    [
        ("{'*': {'autoretry_for': (OSError,)}}", "unknown"),
        ("{'a.f': {'autoretry_for': (OSError,)}}", "unknown"),
        ("[{'*': {'autoretry_for': (OSError,)}}]", "unknown"),
        ("load()", "unknown"),
        ("{'*': {'rate_limit': '5/m'}}", "unset"),
        ("{'a.g': {'autoretry_for': (OSError,)}}", "unset"),
    ],
)
def test_annotations_for_an_app_of_another_package(tmp_path: Path, annotations: str, state: str) -> None:
    files = {
        "config.py": f"CELERY_TASK_ANNOTATIONS = {annotations}\n",
        "a.py": "from celery import shared_task\n@shared_task(max_retries=5)\ndef f(): ...\n",
    }
    project = make(tmp_path, files)
    (task,) = project.tasks
    assert project.option(task, "autoretry_for").state == state


@pytest.mark.parametrize(
    ("requirement", "key", "expected"),
    [
        ("celery==5.6.3", "CELERYD_TASK_TIME_LIMIT", UNSET),
        ("celery==5.3.6", "CELERYD_TASK_TIME_LIMIT", UNSET),
        ("celery==5.7.0", "CELERYD_TASK_TIME_LIMIT", 9),
        ("celery>=5.7", "CELERYD_TASK_TIME_LIMIT", 9),
        ("celery>=5.3", "CELERYD_TASK_TIME_LIMIT", UNKNOWN),
        ("", "CELERYD_TASK_TIME_LIMIT", UNKNOWN),
        ("celery==5.6.3", "CELERY_TASK_TIME_LIMIT", 9),
        ("celery==5.6.3", "task_time_limit", 9),
    ],
)
def test_old_names_under_a_namespace(tmp_path: Path, requirement: str, key: str, expected: object) -> None:
    files = {
        "requirements.txt": f"{requirement}\n",
        "config.py": f"{key} = 9\n",
        "a.py": """
            from celery import Celery

            import config

            app = Celery("a")
            app.config_from_object(config, namespace="CELERY")
            """,
    }
    project = make(tmp_path, files)
    found = project.setting(project.apps[0], "task_time_limit")
    assert (found if found.is_unset else found.value) == expected


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


def written(project: Project) -> list[tuple[str, str | None, str, int]]:
    return [(w.key, w.name, w.kind, w.span.line) for w in project.written_settings]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": APP + "app.conf.task_time_limit = 60\n"}, [("task_time_limit", "task_time_limit", "conf", 3)]),
        ({"a.py": APP + "app.conf.task_time_limt = 60\n"}, [("task_time_limt", None, "conf", 3)]),
        (
            {"a.py": APP + "app.conf['CELERYD_TASK_TIME_LIMIT'] = 60\n"},
            [("CELERYD_TASK_TIME_LIMIT", "task_time_limit", "conf", 3)],
        ),
        ({"a.py": APP + "app.conf.update(\n  a=1, **{'b': 2})\n"}, [("b", None, "conf", 3), ("a", None, "conf", 3)]),
        ({"a.py": APP + "C = {\n  'a': 1}\ndef f(x):\n  if x:\n    app.conf.update(C)\n"}, [("a", None, "conf", 3)]),
        (
            {"a.py": "from celery import Celery\napp = Celery('p', broker='x', a=1)\n"},
            [("broker_url", "broker_url", "constructor", 2), ("a", None, "constructor", 2)],
        ),
        ({"a.py": APP + "app.config_from_object('c')\n", "c.py": "import x\na = 1\n"}, [("a", None, "object", 2)]),
        ({"a.py": APP + "class C:\n  a = 1\napp.config_from_object(C)\n"}, [("a", None, "object", 4)]),
        ({"a.py": APP + "C = {'a': 1}\napp.config_from_object(C)\n"}, [("a", None, "object", 3)]),
        (
            {
                "a.py": APP
                + "app.config_from_object('django.conf:settings', namespace='CELERY')\napp.conf.update(CELERY_TASK_TIME_LIMIT=1)\n",
                "s/settings.py": "CELERY_TASK_TIME_LIMIT = 1\ntask_time_limit = 2\n",
                "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 's.settings')\n",
            },
            [
                ("CELERY_TASK_TIME_LIMIT", "task_time_limit", "conf", 4),
                ("CELERY_TASK_TIME_LIMIT", "task_time_limit", "django", 1),
                ("task_time_limit", None, "django", 2),
            ],
        ),
    ],
)
def test_written(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str | None, str, int]]) -> None:
    assert written(make(tmp_path, files)) == expected


def test_the_namespace_of_what_is_written(tmp_path: Path) -> None:
    files = {
        "a.py": APP + "app.config_from_object('c', namespace='CELERY')\n",
        "c.py": "CELERY_TASK_TIME_LIMIT = 1\ntask_time_limit = 2\nTASK_TIME_LIMIT = 3\nCELERYD_TASK_TIME_LIMIT = 4\n",
    }
    project = make(tmp_path, files)
    assert {w.namespace for w in project.written_settings} == {"CELERY"}
    known = {w.key for w in project.written_settings if w.name == "task_time_limit"}
    assert known == {"CELERY_TASK_TIME_LIMIT", "task_time_limit", "CELERYD_TASK_TIME_LIMIT"}
    assert all(project.is_configured(app) for app in project.apps)


@pytest.mark.parametrize(
    ("namespace", "expected"), [(", namespace='CELERY'", None), ("", ""), (", namespace=CELERY_PREFIX", None)]
)
def test_namespace_of_django_settings_is_unknown_where_something_else_reads_them_otherwise(
    tmp_path: Path, namespace: str, expected: str | None
) -> None:
    files = {
        "shop/settings.py": "CELERY_TASK_TIME_LIMIT = 60\n",
        "shop/celery.py": "import os\nfrom platform_base import Traced\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        f"app = Traced('shop')\napp.config_from_object('django.conf:settings'{namespace})\n",
        "shop/health.py": "from celery import Celery\nfrom django.conf import settings\n"
        "probe = Celery()\nprobe.config_from_object(settings)\n",
    }
    written = make(tmp_path, files).written_settings
    assert {w.namespace for w in written if w.key == "CELERY_TASK_TIME_LIMIT"} == {expected}


def test_tenants_app_is_an_application(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "a.py": "from tenant_schemas_celery.app import CeleryApp as TenantApp\n"
            "app = TenantApp('shop')\napp.conf.task_time_limit = 60\n"
        },
    )
    assert limit(project) == ("set", 60)


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("app.config_from_object('django.conf:settings', namespace='CELERY')", True),
        ("app.config_from_object('shop.config')", False),
        ("", False),
        ("app.config_from_object(make())", None),
        ("app.config_from_envvar('CONFIG')", None),
        ("other = make()\nother.config_from_object('django.conf:settings')", True),
    ],
)
def test_whether_djangos_settings_are_read(tmp_path: Path, code: str, reads: bool | None) -> None:
    files = {
        "shop/config.py": "broker_url = 'redis://'\n",
        "shop/settings.py": "INSTALLED_APPS = []\nCELERY_TIMEZONE = 'UTC'\n",
        "shop/celery.py": "from celery import Celery\nfrom elsewhere import make\napp = Celery('shop')\n" + code + "\n",
    }
    assert make(tmp_path, files).reads_django_settings is reads


def test_another_loader_may_read_anything(tmp_path: Path) -> None:
    text = "from celery import Celery\napp = Celery('shop', loader='shop.loader:Loader')\n"
    assert make(tmp_path, {"shop/celery.py": text}).reads_django_settings is None
    assert make(tmp_path / "none", {"shop/celery.py": ""}).reads_django_settings is None

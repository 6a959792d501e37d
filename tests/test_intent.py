"""What a project declares about its tasks and applications."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.config import Config
from flake8_celery.intent import idempotent, is_extra, may_run_twice, must_not_run_twice
from flake8_celery.model import Task, Value
from flake8_celery.project import Project
from tests.projects import make


def declared(folder: Path, code: str, config: Config | None = None) -> Value:
    """What is declared of the task `job` in `shop/tasks.py`."""
    project, task = only(folder, code, config)
    return idempotent(project, task)


def only(folder: Path, code: str, config: Config | None = None) -> tuple[Project, Task]:
    project = make(folder, {"shop/__init__.py": "", "shop/tasks.py": code}, config)
    return project, next(task for task in project.tasks if task.function.name == "job")


@pytest.mark.parametrize(
    ("decorator", "value"),
    [
        ("@shared_task(idempotent=True)", True),
        ("@shared_task(idempotent=False)", False),
        ("@shared_task(**{'idempotent': True})", True),
        ("@partial(shared_task, idempotent=True)()", True),
        ("@shared_task(base=Safe)", True),
        ("@shared_task(base=Safer)", True),
        ("@shared_task(base=Safe, idempotent=False)", False),
        ("@kept(idempotent=True)", True),
        ("@with_base()", True),
        ("@with_default_base()", True),
        ("@with_item()", True),
        ("@shared_task\n@guard(idempotent=True)", True),
    ],
)
def test_in_code(tmp_path: Path, decorator: str, value: bool) -> None:
    code = f"""
from functools import partial, wraps

from celery import Task, shared_task


class Safe(Task):
    idempotent = True


class Safer(Safe):
    pass


def kept(idempotent):
    return shared_task(acks_late=idempotent)


def with_base():
    return shared_task(base=Safer)


def with_default_base(**options):
    options.setdefault("base", Safe)
    return shared_task(**options)


def with_item(**options):
    options["base"] = Safe
    return shared_task(**options)


def guard(idempotent):
    def around(function):
        return function
    return around


{decorator}
def job():
    pass
"""
    found = declared(tmp_path, code)
    assert (found.state, found.value) == ("set", value)
    assert found.origin.startswith("shop/tasks.py:")


NAMED = "from celery import shared_task\n\n\n@shared_task(name='orders.ship')\ndef job():\n    pass\n"


@pytest.mark.parametrize(
    ("patterns", "state"),
    [
        (("orders.ship",), "set"),
        (("orders.*",), "set"),
        (("*.ship", "x"), "set"),
        (("Orders.*",), "unset"),
        (("orders",), "unset"),
        (("shop.tasks.job",), "unset"),
        ((), "unset"),
    ],
)
def test_in_the_configuration(tmp_path: Path, patterns: tuple[str, ...], state: str) -> None:
    assert declared(tmp_path, NAMED, Config(idempotent_tasks=patterns)).state == state


def test_a_task_without_a_known_name_fits_no_pattern(tmp_path: Path) -> None:
    code = "import os\nfrom celery import shared_task\n\n\n@shared_task(name=os.environ['N'])\ndef job():\n    pass\n"
    assert declared(tmp_path, code, Config(idempotent_tasks=("*",))).is_unset


def test_code_wins_over_the_configuration(tmp_path: Path) -> None:
    code = NAMED.replace("name=", "idempotent=False, name=")
    assert declared(tmp_path, code, Config(idempotent_tasks=("orders.*",))).value is False


def test_what_it_means(tmp_path: Path) -> None:
    yes, no, silent = (
        only(tmp_path / name, NAMED.replace("name=", f"{option}name="))
        for name, option in (("yes", "idempotent=True, "), ("no", "idempotent=False, "), ("silent", ""))
    )
    computed = only(tmp_path / "computed", NAMED.replace("name=", "idempotent=bool(input()), name="))
    assert [may_run_twice(*case) for case in (yes, no, silent, computed)] == [True, False, False, True]
    assert [must_not_run_twice(*case) for case in (yes, no, silent, computed)] == [False, True, False, False]


APPS = {
    "shop/__init__.py": "",
    "shop/celery.py": "from celery import Celery\n\napp = Celery('shop')\napp.conf.task_acks_late = True\n",
    "shop/billing.py": "from celery import Celery\n\n\ndef client():\n    return Celery('billing')\n",
    "shop/search.py": (
        "from celery import Celery\n\nsearch = Celery('search')\n\n\n@search.task\ndef index():\n    pass\n"
    ),
    "shop/tasks.py": "from celery import shared_task\n\n\n@shared_task\ndef job():\n    pass\n",
}


def extras(project: Project) -> set[str]:
    return {app.module.path for app in project.apps if is_extra(project, app)}


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("shop.search.search", "shop/search.py"),
        ("shop.search:search", "shop/search.py"),
        ("shop.search", "shop/search.py"),
        ("*.search.*", "shop/search.py"),
        ("shop.billing.client", "shop/billing.py"),
        ("shop.billing:client", "shop/billing.py"),
        ("shop.billing", "shop/billing.py"),
    ],
)
def test_extra_apps(tmp_path: Path, pattern: str, path: str) -> None:
    assert extras(make(tmp_path, APPS, Config(extra_apps=(pattern,)))) == {path}


def test_no_extra_apps(tmp_path: Path) -> None:
    assert extras(make(tmp_path, APPS)) == set()
    assert extras(make(tmp_path, APPS, Config(extra_apps=("shop", "search", "shop.billing.client.x")))) == set()


def test_shared_tasks_follow_the_apps_that_are_no_extra_ones(tmp_path: Path) -> None:
    before = make(tmp_path, APPS)
    after = make(tmp_path, APPS, Config(extra_apps=("shop.search", "shop.billing")))
    for project, known in ((before, None), (after, True)):
        shared = next(task for task in project.tasks if task.function.name == "job")
        own = next(task for task in project.tasks if task.function.name == "index")
        assert project.option(shared, "acks_late").truth(False) is known
        assert project.option(own, "acks_late").is_unset


def test_when_all_apps_are_extra_ones_they_answer_all_the_same(tmp_path: Path) -> None:
    project = make(tmp_path, APPS, Config(extra_apps=("*",)))
    assert len(project.apps_of(next(task for task in project.tasks if task.app is None))) == 3

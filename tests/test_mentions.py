"""What the text of a project uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.mentions import attributes_read, imported, named, used
from tests.projects import make


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print(self.retries)", True),
        ("print(task.retries)", True),
        ("print(my_task_cls.retries + 1)", True),
        ("if sender.retries == 3: ...", True),
        ("getattr(func, 'retries', 0)", True),
        ("retries = options.pop('retries', None)", True),
        ('x = kwargs["retries"]', True),
        ("print(self.request.retries)", False),
        ("print(session.retries)", False),
        ("self.retries = 3", False),
        ("self.retries: int = 3", False),
        ("@app.task(retries=3)", False),
        ("# self.retries", False),
        ("self.retries_left", False),
    ],
)
def test_attributes_read(tmp_path: Path, text: str, expected: bool) -> None:
    project = make(tmp_path, {"a.py": f"x = 1\n{text}\n"})
    assert attributes_read(project.index, ["a.py"], ["retries", "timeout"]) == ({"retries"} if expected else set())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print(settings.CELERY_LIMIT)", True),
        ("if conf.CELERY_LIMIT == 3: ...", True),
        ("getattr(settings, 'CELERY_LIMIT', 0)", True),
        ("app.config['CELERY_LIMIT']", True),
        ("flask_config.get('CELERY_LIMIT')", True),
        ("CELERY_LIMIT = 3", False),
        ("CELERY_LIMIT: int = 3", False),
        ("CELERY_LIMIT = env('CELERY_LIMIT')", False),
        ("CELERY_LIMIT = int(\n    os.getenv('CELERY_LIMIT')\n)", False),
        ("app.conf.CELERY_LIMIT = 3", False),
        ("app.config['CELERY_LIMIT'] = 3", False),
        ("app.conf.update(CELERY_LIMIT=3)", False),
        ("C = {'CELERY_LIMIT': 3}", False),
        ("# CELERY_LIMIT", False),
        ("OTHER = CELERY_LIMIT + 60", False),
    ],
)
def test_used(tmp_path: Path, text: str, expected: bool) -> None:
    project = make(tmp_path, {"a.py": f"x = 1\n{text}\n"})
    assert used(project.index, ["a.py"], ["CELERY_LIMIT"]) == ({"CELERY_LIMIT"} if expected else set())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from .settings import CELERY_LIMIT", True),
        ("OTHER = CELERY_LIMIT + 60", True),
        ("f(limit=CELERY_LIMIT)", True),
        ("CELERY_LIMIT = 3", False),
        ("f(CELERY_LIMIT=3)", False),
        ("settings.CELERY_LIMIT", False),
        ("env('CELERY_LIMIT')", False),
        ("# CELERY_LIMIT", False),
        ("MY_CELERY_LIMIT + CELERY_LIMITS", False),
    ],
)
def test_named(tmp_path: Path, text: str, expected: bool) -> None:
    project = make(tmp_path, {"a.py": f"x = 1\n{text}\n"})
    assert named(project.index, ["a.py", "missing.py"], ["CELERY_LIMIT"]) == ({"CELERY_LIMIT"} if expected else set())


def test_no_names(tmp_path: Path) -> None:
    project = make(tmp_path, {"a.py": "print(settings.CELERY_LIMIT)\n"})
    assert used(project.index, ["a.py"], []) == set()


def test_what_checks_ask(tmp_path: Path) -> None:
    files = {
        "tasks.py": "from celery import shared_task\n@shared_task(timeout=1, retries=2)\ndef f(): task.timeout\n",
        "settings.py": "A_LIMIT = 1\nB_LIMIT = A_LIMIT\nC_LIMIT = 1\n",
        "views.py": "print(settings.C_LIMIT, self.retries)\n",
    }
    project = make(tmp_path, files)
    assert project.attributes_read(["timeout", "retries"]) == {"timeout"}
    assert project.settings_used(["A_LIMIT", "B_LIMIT", "C_LIMIT"]) == {"A_LIMIT", "C_LIMIT"}
    module = project.module("settings.py")
    assert module is not None
    assert project.names_used(module, ["A_LIMIT", "B_LIMIT", "C_LIMIT"]) == {"A_LIMIT"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import psycopg2", {"psycopg2"}),
        ("    import psycopg2.extras as extras", {"psycopg2"}),
        ("from psycopg2 import connect", {"psycopg2"}),
        ("import os, pika", {"pika"}),
        ("import os; print('pika')", set()),
        ("import psycopg2_pool", set()),
        ("from shop import pika", set()),
        ("# import pika", set()),
        ("pika = 1", set()),
    ],
)
def test_imported(tmp_path: Path, text: str, expected: set[str]) -> None:
    project = make(tmp_path, {"a.py": text})
    assert imported(project.index, "a.py", ["psycopg2", "pika"]) == expected
    assert project.imports("a.py", ["psycopg2", "pika"]) == expected


def test_a_file_that_is_not_there_imports_nothing(tmp_path: Path) -> None:
    assert make(tmp_path, {"a.py": ""}).imports("b.py", ["pika"]) == frozenset()

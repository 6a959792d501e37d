"""Whether something retries a task."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import make


@pytest.mark.parametrize(
    ("options", "body", "retries"),
    [
        ("", "go()", False),
        ("max_retries=3", "go()", False),
        ("autoretry_for=(OSError,)", "go()", True),
        ("bind=True", "raise self.retry()", True),
        ("bind=True", "go(self)", True),
        ("bind=True", "go(on_error=self)", True),
        ("bind=True", "go(self.retry)", True),
        ("bind=True", "go(again=self.retry)", True),
        ("bind=True", "go(self.request.id)", False),
        ("**options", "go()", True),
    ],
)
def test_retries(tmp_path: Path, options: str, body: str, retries: bool) -> None:
    text = f"from celery import shared_task\n@shared_task({options})\ndef t(self):\n    {body}\n"
    project = make(tmp_path, {"a.py": text})
    assert project.retries(project.tasks[0]) is retries


@pytest.mark.parametrize(
    ("decorator", "retries"),
    [
        ("tenacity.retry(stop=3)", True),
        ("backoff.on_exception(backoff.expo, OSError)", True),
        ("on_exception(expo, OSError)", True),
        ("stamina.retry(on=OSError)", True),
        ("retry", True),
        ("with_retries", True),
        ("tools.retrying(3)", True),
        ("transaction.atomic", False),
        ("locked", False),
    ],
)
def test_decorators_that_retry(tmp_path: Path, decorator: str, retries: bool) -> None:
    text = f"from celery import shared_task\n@shared_task\n@{decorator}\ndef t():\n    go()\n"
    project = make(tmp_path, {"a.py": text})
    assert project.retries(project.tasks[0]) is retries


def test_a_helper_with_a_decorator_that_retries(tmp_path: Path) -> None:
    text = "from celery import shared_task\n@shared_task\ndef t():\n    go()\n@with_retry\ndef go(): ...\n"
    project = make(tmp_path, {"a.py": text})
    assert project.retries(project.tasks[0])

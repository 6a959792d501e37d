"""Which tasks a worker may know."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import make


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("@shared_task\ndef ship(): pass", True),
        ("class Orders:\n    @shared_task\n    def ship(): pass", True),
        ("def handle():\n    @shared_task\n    def ship(): pass\n    ship()", False),
        (
            "class Command:\n    def handle(self):\n        @shared_task\n        def ship(): pass\n        ship()",
            False,
        ),
        ("def handle():\n    @shared_task\n    def ship(): pass\nhandle()", True),
        ("def again():\n    handle()\ndef handle():\n    @shared_task\n    def ship(): pass\nagain()", True),
        ("def make_app():\n    @shared_task\n    def ship(): pass", True),
        ("@signal.connect\ndef ready(sender):\n    @shared_task\n    def ship(): pass", True),
        ("def later(f):\n    @shared_task\n    def ship(): f()\n    return ship\n@later\ndef g(): pass", True),
    ],
)
def test_known_to_workers(tmp_path: Path, text: str, known: bool) -> None:
    project = make(tmp_path, {"tasks.py": "from celery import shared_task\n" + text})
    (task,) = (task for task in project.tasks if task.function.name == "ship")
    assert project.may_be_registered(task) is known
    assert (task in project.running_tasks) is known
    assert (task in project.running_tasks_of(task.module)) is known

"""Tasks that are handed to objects: they are known there where all objects get the same one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import make

HANDLER = """
class Handler:
    def __init__(self, event, task, key=None):
        self.event = event
        self.task = task

    def run(self):
        def later():
            self.task.retry()

        later()
        self.task.retry(kwargs={"key": 1})
"""
TASKS = """
from celery import shared_task
from proj.handlers import Handler

@shared_task(bind=True)
def first(self, event):
    Handler(event, self).run()

@shared_task(bind=True)
def second(self, event):
    return event
"""


@pytest.mark.parametrize(
    ("handler", "tasks", "name"),
    [
        (HANDLER, TASKS, "proj.tasks.first"),
        (HANDLER, TASKS.replace("Handler(event, self)", "Handler(task=self, event=event)"), "proj.tasks.first"),
        (HANDLER, TASKS.replace("Handler(event, self)", "Handler(*event)"), None),
        (HANDLER, TASKS.replace("return event", "Handler(event, self)"), None),
        (HANDLER, TASKS.replace("return event", "Handler(event, None)"), None),
        (HANDLER.replace("self.event = event", "self.task = event"), TASKS, None),
        (HANDLER.replace("self.event = event", "task = find(task)"), TASKS, None),
        (HANDLER, TASKS.replace("Handler(event, self)", "make(event, self)"), None),
    ],
)
def test_the_task_that_an_object_keeps(tmp_path: Path, handler: str, tasks: str, name: str | None) -> None:
    project = make(
        tmp_path, {"proj/__init__.py": "", "proj/handlers.py": f"import celery\n{handler}", "proj/tasks.py": tasks}
    )
    module = project.module("proj/handlers.py")
    assert module is not None
    found = [
        again.name if (again := project.retry(scope, call)) is not None else None
        for scope in module.scopes
        for call in scope.calls
        if call.attr == "retry"
    ]
    assert found == [name, name]

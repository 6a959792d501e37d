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


@pytest.mark.parametrize(
    ("files", "known"),
    [
        ({"request.py": "from shop.views import confirm\n\nconfirm()"}, False),
        ({"shop/start.py": "from shop.views import confirm\n\nconfirm()"}, False),
        (
            {"shop/start.py": "from shop.views import confirm\n\nconfirm()", "shop/__init__.py": "import shop.start"},
            True,
        ),
        (
            {"shop/start.py": "from shop import views\n\nviews.confirm()", "shop/__init__.py": "from . import start"},
            True,
        ),
        ({"shop/start.py": "from shop import views", "shop/__init__.py": "from . import start"}, False),
    ],
)
def test_called_at_the_import_of_a_file_without_a_word_of_celery(
    tmp_path: Path, files: dict[str, str], known: bool
) -> None:
    views = "from shop.celery import app\n\ndef confirm():\n    @app.task\n    def ship(): pass\n    ship.delay()"
    app = "from celery import Celery\n\napp = Celery('shop', include=['shop.views'])"
    project = make(tmp_path, {"shop/__init__.py": "", "shop/celery.py": app, "shop/views.py": views, **files})
    (task,) = project.tasks
    assert project.may_be_registered(task) is known

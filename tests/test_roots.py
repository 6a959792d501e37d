"""The names under which a project imports its files, and so the names that Celery gives to its tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import make

APP = """
from celery import Celery
app = Celery("shop")
"""
TASK = """
from celery import shared_task

@shared_task
def ship(order_id): ...
"""
MANAGE = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")
"""
CELERY = """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""


@pytest.mark.parametrize(
    ("files", "names"),
    [
        pytest.param(
            {
                "backend/__init__.py": "",
                "backend/manage.py": MANAGE.format("config.settings"),
                "backend/config/__init__.py": "from .celery import app",
                "backend/config/celery.py": CELERY,
                "backend/config/settings.py": "",
                "backend/orders/__init__.py": "",
                "backend/orders/tasks.py": TASK,
            },
            ["orders.tasks.ship"],
            id="manage.py and __init__.py in one folder",
        ),
        pytest.param(
            {
                "backend/__init__.py": "",
                "backend/manage.py": "",
                "backend/orders/__init__.py": "",
                "backend/orders/tasks.py": TASK,
            },
            ["orders.tasks.ship"],
            id="manage.py says nothing, but it is there",
        ),
        pytest.param(
            {
                "shop/__init__.py": "",
                "shop/manage.py": MANAGE.format("shop.settings"),
                "shop/settings.py": "",
                "shop/celery.py": APP,
                "shop/orders/__init__.py": "",
                "shop/orders/tasks.py": TASK,
            },
            ["shop.orders.tasks.ship"],
            id="the settings are named from the folder above",
        ),
        pytest.param(
            {
                "shop/__init__.py": "",
                "shop/manage.py": "",
                "shop/celery.py": APP,
                "shop/tasks.py": "from .celery import app\n@app.task\ndef ship(order_id): ...\n",
            },
            ["shop.tasks.ship"],
            id="a relative import leads into the folder of manage.py",
        ),
        pytest.param(
            {
                "__init__.py": "",
                "shop/__init__.py": "",
                "shop/tasks.py": TASK,
            },
            ["shop.tasks.ship"],
            id="__init__.py in the root of the repository",
        ),
        pytest.param(
            {
                "backend/__init__.py": "",
                "backend/shop/__init__.py": "",
                "backend/shop/celery.py": APP,
                "backend/shop/tasks.py": "from shop.celery import app\n@app.task\ndef ship(order_id): ...\n",
            },
            ["shop.tasks.ship"],
            id="imports name the package from within a package",
        ),
        pytest.param(
            {
                "backend/shop/__init__.py": "",
                "backend/shop/background/celery_app.py": APP,
                "backend/shop/background/orders/__init__.py": "",
                "backend/shop/background/orders/tasks.py": """
                from shop.background.celery_app import app
                @app.task
                def ship(order_id): ...
                """,
                "backend/shop/background/stock/__init__.py": "",
                "backend/shop/background/stock/tasks.py": TASK.replace("ship", "count"),
            },
            ["shop.background.orders.tasks.ship", "shop.background.stock.tasks.count"],
            id="a folder without __init__.py inside a package",
        ),
        pytest.param(
            {
                "backend/celery_app.py": APP,
                "backend/tasks.py": "from celery_app import app\n@app.task\ndef ship(order_id): ...\n",
                "backend/jobs/report.py": TASK.replace("ship", "report"),
            },
            ["jobs.report.report", "tasks.ship"],
            id="modules side by side in no package",
        ),
        pytest.param(
            {
                "backend/tasks.py": APP + "@app.task\ndef ship(order_id): ...\n",
                "Procfile": "worker: celery -A tasks worker",
            },
            ["tasks.ship"],
            id="the command is run in the folder",
        ),
        pytest.param(
            {
                "src/tasks/__init__.py": "",
                "src/tasks/celery_app.py": "from celery import Celery\n"
                "app = Celery('shop', include=['src.tasks.tasks'])\n",
                "src/tasks/tasks.py": "from src.tasks.celery_app import app\n@app.task\ndef ship(order_id): ...\n",
            },
            ["src.tasks.tasks.ship"],
            id="src is part of the name",
        ),
        pytest.param(
            {
                "src/shop/__init__.py": "",
                "src/shop/tasks.py": TASK,
            },
            ["shop.tasks.ship"],
            id="src holds packages",
        ),
        pytest.param(
            {
                "shop/__init__.py": "",
                "shop/celery.py": APP,
                "shop/payments/__init__.py": "",
                "shop/payments/stripe.py": "",
                "shop/payments/tasks.py": "import stripe\n" + TASK,
            },
            ["shop.payments.tasks.ship"],
            id="a module in a package has the name of a library",
        ),
        pytest.param(
            {
                "shop/tasks.py": TASK,
            },
            ["shop.tasks.ship"],
            id="nothing tells",
        ),
        pytest.param(
            {
                "one/shop/__init__.py": "",
                "one/shop/celery.py": APP,
                "one/shop/tasks.py": "from shop.celery import app\n@app.task\ndef ship(order_id): ...\n",
                "two/shop/__init__.py": "",
                "two/shop/celery.py": APP,
                "two/shop/tasks.py": "from shop.celery import app\n@app.task\ndef pack(order_id): ...\n",
            },
            ["shop.tasks.ship", "shop.tasks.pack"],
            id="two programs in one repository",
        ),
        pytest.param(
            {
                "shop/__init__.py": "",
                "shop/celery.py": APP,
                "shop/tasks.py": "from shop.celery import app\n@app.task\ndef ship(order_id): ...\n",
                "services/billing/billing/__init__.py": "",
                "services/billing/billing/celery.py": APP,
                "services/billing/billing/tasks.py": "from .celery import app\n@app.task\ndef charge(order_id): ...\n",
                "services/mail/jobs.py": TASK.replace("ship", "send"),
                "services/mail/worker.py": "from celery import Celery\nfrom views import x\napp = Celery('mail')\n",
                "services/mail/views.py": "",
            },
            ["billing.tasks.charge", "jobs.send", "shop.tasks.ship"],
            id="how one program imports says nothing about the others",
        ),
        pytest.param(
            {
                "backend/__init__.py": "",
                "backend/shop/__init__.py": "",
                "backend/shop/celery.py": APP,
                "backend/shop/tasks.py": "from shop.celery import app\n@app.task\ndef ship(order_id): ...\n",
                "backend/jobs/__init__.py": "",
                "backend/jobs/tasks.py": TASK.replace("ship", "report"),
            },
            ["jobs.tasks.report", "shop.tasks.ship"],
            id="packages side by side are imported from one folder",
        ),
    ],
)
def test_names_of_tasks(tmp_path: Path, files: dict[str, str], names: list[str]) -> None:
    project = make(tmp_path, files)
    assert [task.name for task in project.tasks] == names


def test_imports_resolve_under_either_name(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "backend/__init__.py": "",
            "backend/manage.py": MANAGE.format("shop.settings"),
            "backend/shop/__init__.py": "",
            "backend/shop/settings.py": "",
            "backend/shop/tasks.py": TASK,
            "backend/shop/views.py": "from .tasks import ship\nship.delay(1)\n",
            "backend/shop/urls.py": "from shop.tasks import ship\nship.delay(1)\n",
            "scripts/again.py": "from backend.shop.tasks import ship\nship.delay(1)\n",
        },
    )
    for path in ("backend/shop/views.py", "backend/shop/urls.py", "scripts/again.py"):
        module = project.module(path)
        assert module is not None
        sent = project.dispatch(module.body, module.body.calls[-1])
        assert sent is not None, path
        assert sent.name == "shop.tasks.ship"


def test_tests_say_nothing_about_names(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/orders/__init__.py": "",
            "shop/orders/tasks.py": TASK,
            "shop/tests/test_orders.py": "from orders.tasks import ship\nship.delay(1)\n",
        },
    )
    assert [task.name for task in project.tasks] == ["shop.orders.tasks.ship"]


def test_an_edited_file_names_anew(tmp_path: Path) -> None:
    project = make(tmp_path, {"backend/celery_app.py": APP, "backend/tasks.py": TASK})
    assert project.index.module_name("backend/tasks.py") == "backend.tasks"
    project.index.overlay("backend/tasks.py", b"from celery_app import app\n@app.task\ndef ship(order_id): ...\n")
    assert project.index.module_name("backend/tasks.py") == "tasks"

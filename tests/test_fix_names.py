"""Repairs of names of tasks, of what processes import, of signatures and of crontabs: where they must not be made, and
in which layouts they are."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from flake8_celery.checks.task_names import Meant, meant_task
from tests.projects import make
from tests.test_fixes import repaired


def fixed(folder: Path, code: str, files: dict[str, str]) -> dict[str, str]:
    """The files after the repairs of one rule; a second run must change nothing."""
    found, outcomes = repaired(folder, {path: dedent(text).lstrip("\n") for path, text in files.items()}, code)
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    again, _ = repaired(folder, found, code)
    assert again == found
    return found


# --- names of tasks


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("shop.tasks.send_invoce", Meant("shop.tasks.send_invoice", True)),
        ("shop.task.send_invoice", Meant("shop.tasks.send_invoice", True)),
        ("shop.taks.send_invoices", Meant("shop.tasks.send_invoice", False)),
        ("shop.send_invoice", Meant("shop.tasks.send_invoice", False)),
        ("shop.tasks.mail.send_invoice", Meant("shop.tasks.send_invoice", False)),
        ("shop.tasks.named", Meant("shop.given.name", True)),
        ("shop.exported", Meant("shop.tasks.exported", True)),
        ("send_invoice", Meant("shop.tasks.send_invoice", False)),
        ("shop.tasks.export_v3", None),
        ("shop.orders.send_invoice", None),
        ("shop.tasks.nothing_like_it", None),
        ("shop.tasks.twice", None),
    ],
)
def test_what_a_name_means(tmp_path: Path, name: str, meant: Meant | None) -> None:
    tasks = """
    from celery import shared_task

    @shared_task
    def send_invoice(): ...

    @shared_task
    def exported(): ...

    @shared_task
    def export_v2(): ...

    @shared_task(name="shop.given.name")
    def named(): ...
    """
    twice = "from celery import shared_task\n\n@shared_task\ndef twice(): ...\n"
    files = {"shop/tasks.py": tasks, "shop/__init__.py": "from shop.tasks import exported\n"}
    project = make(tmp_path, {**files, "shop/a/jobs.py": twice, "shop/b/jobs.py": twice})
    assert meant_task(project, name) == meant


def test_a_name_that_stands_elsewhere_is_left(tmp_path: Path) -> None:
    files = {
        "shop/tasks.py": "from celery import shared_task\n\n\n@shared_task\ndef send_invoices(): ...\n",
        "shop/names.py": 'INVOICES = "shop.tasks.send_invoice"\n',
        "shop/settings.py": """
            from shop.names import INVOICES

            CELERY_BEAT_SCHEDULE = {"invoices": {"task": INVOICES, "schedule": 60}}
        """,
    }
    found = fixed(tmp_path, "CEL704", files)
    assert found["shop/names.py"] == files["shop/names.py"]
    assert "INVOICES, " in found["shop/settings.py"]


@pytest.mark.parametrize("literal", ["'{}'", '"""{}"""', 'r"{}"', 'u"{}"'])
def test_quotes_are_kept(tmp_path: Path, literal: str) -> None:
    settings = 'CELERY_BEAT_SCHEDULE = {{"invoices": {{"task": {}, "schedule": 60}}}}\n'
    files = {
        "shop/tasks.py": "from celery import shared_task\n\n\n@shared_task\ndef send_invoices(): ...\n",
        "shop/settings.py": settings.format(literal.format("shop.tasks.send_invoice")),
    }
    expected = settings.format(literal.format("shop.tasks.send_invoices"))
    assert fixed(tmp_path, "CEL704", files)["shop/settings.py"] == expected


# --- what processes import

TASK = "from celery import shared_task\n\n\n@shared_task\ndef {}(): ...\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('include=["shop.mail"]', 'include=["shop.mail", "shop.reports"]'),
        ("include=['shop.mail',]", "include=['shop.mail', 'shop.reports']"),
        ('include=("shop.mail",)', 'include=("shop.mail", "shop.reports")'),
        ('include=(\n        "shop.mail",  # letters\n    )',
         'include=(\n        "shop.mail",  # letters\n        "shop.reports",\n    )'),
        ('include=[\n        "shop.mail"  # letters\n    ]',
         'include=[\n        "shop.mail",  # letters\n        "shop.reports"\n    ]'),
        ('include=[\n        "shop.mail"]', 'include=[\n        "shop.mail",\n        "shop.reports"]'),
        ('include=[\n        "shop.mail"\n    ]', 'include=[\n        "shop.mail",\n        "shop.reports"\n    ]'),
    ],
)  # fmt: skip
def test_a_list_of_modules_keeps_its_layout(tmp_path: Path, before: str, after: str) -> None:
    app = 'from celery import Celery\n\napp = Celery(\n    "shop",\n    {},\n)\n'
    files = {
        "shop/celery.py": app.format(before),
        "shop/mail.py": TASK.format("a"),
        "shop/reports.py": TASK.format("b"),
    }
    found = fixed(tmp_path, "CEL102", files)["shop/celery.py"]
    assert found == app.format(after)


@pytest.mark.parametrize(
    ("package", "after"),
    [
        ("", "from . import mail  # noqa: F401\n"),
        ('"""Tasks."""\n', '"""Tasks."""\n\nfrom . import mail  # noqa: F401\n'),
        ("import os\n\nX = 1\n", "import os\nfrom . import mail  # noqa: F401\n\nX = 1\n"),
        ("import os", "import os\nfrom . import mail  # noqa: F401"),
        ("def mail(): ...\n", None),
        ("X = 1\n", None),
    ],
)
def test_a_package_imports_its_module(tmp_path: Path, package: str, after: str | None) -> None:
    files = {
        "shop/celery.py": 'from celery import Celery\n\napp = Celery("shop")\napp.autodiscover_tasks(["shop"])\n',
        "shop/__init__.py": "",
        "shop/tasks/__init__.py": package,
        "shop/tasks/mail.py": TASK.format("welcome"),
    }
    assert fixed(tmp_path, "CEL102", files)["shop/tasks/__init__.py"] == (package if after is None else after)


def test_no_circle_of_imports_is_made(tmp_path: Path) -> None:
    files = {
        "shop/celery.py": 'from celery import Celery\n\napp = Celery("shop")\napp.autodiscover_tasks(["shop"])\n',
        "shop/__init__.py": "",
        "shop/tasks/__init__.py": "import os\n\n\ndef helper(): ...\n",
        "shop/tasks/mail.py": "from shop.tasks import helper\n" + TASK.format("welcome"),
    }
    found = fixed(tmp_path, "CEL102", files)
    assert found["shop/tasks/__init__.py"] == files["shop/tasks/__init__.py"]


DJANGO = {
    "proj/settings.py": 'INSTALLED_APPS = ["orders"]\n',
    "orders/__init__.py": "",
    "orders/tasks.py": TASK.format("ship"),
    "orders/views.py": "from orders.tasks import ship\n\n\ndef confirm(request):\n    ship.delay()\n",
    "manage.py": 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")\n',
}
APP = """
import os
{imports}
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
{before}
app = Celery("proj")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
{after}
"""
IMPORTED = "from .celery import app as celery_app  # noqa: F401\n"


@pytest.mark.parametrize(
    ("package", "after"),
    [
        ("import pymysql\n\npymysql.install_as_MySQLdb()\n",
         f"import pymysql\n{IMPORTED}\npymysql.install_as_MySQLdb()\n"),
        ('"""A shop."""\n', f'"""A shop."""\n\n{IMPORTED}'),
        ("celery_app = None\n", None),
        ("# nothing here\n", None),
    ],
)  # fmt: skip
def test_django_imports_the_app(tmp_path: Path, package: str, after: str | None) -> None:
    app = APP.format(imports="", before="", after="")
    found = fixed(tmp_path, "CEL105", {**DJANGO, "proj/__init__.py": package, "proj/celery.py": app})
    assert found["proj/__init__.py"] == (package if after is None else after)


@pytest.mark.parametrize(
    "parts",
    [
        {"imports": "import django", "before": "django.setup()"},
        {"imports": "from orders import tasks"},
        {"imports": "from django.conf import settings", "after": "X = settings.X"},
    ],
)
def test_django_cannot_import_what_needs_django(tmp_path: Path, parts: dict[str, str]) -> None:
    app = APP.format(**{"imports": "", "before": "", "after": "", **parts})
    files = {**DJANGO, "proj/__init__.py": "", "proj/celery.py": app}
    assert fixed(tmp_path, "CEL105", files)["proj/__init__.py"] == ""


# --- crontabs


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("CEL701", "hour=3", "minute=0, hour=3"),
        ("CEL701", "\n    hour=3,  # at night\n    day_of_week=1,\n",
         "\n    minute=0,\n    hour=3,  # at night\n    day_of_week=1,\n"),
        ("CEL701", "day_of_month=1", "minute=0, hour=0, day_of_month=1"),
        ("CEL701", "month_of_year=1", "month_of_year=1"),
        ("CEL706", "0, 0, '7'", "0, 0, '0'"),
        ("CEL706", "0, 0, day_of_week='5-7'", "0, 0, day_of_week='5-0'"),
        ("CEL706", "0, 0, day_of_week='1-7'", "0, 0, day_of_week='1-7'"),
        ("CEL706", "'0/5', '0/2'", "'*/5', '*/2'"),
        ("CEL706", "0, day_of_month='0/2'", "0, day_of_month='0/2'"),
        ("CEL706", "0, ['8', '20'], ['mon']", "0, '8,20', 'mon'"),
        ("CEL706", "0, 24", "0, 24"),
        ("CEL706", "0, 24, day_of_week=7", "0, 24, day_of_week=7"),
        ("CEL706", "'0 3 * * 7'", "minute='0', hour='3', day_of_week='0'"),
        ("CEL706", "'0 3 * * *', nowfun=now", "'0 3 * * *', nowfun=now"),
        ("CEL706", "'0 24 * * *'", "'0 24 * * *'"),
    ],
)  # fmt: skip
def test_crontabs(tmp_path: Path, code: str, before: str, after: str) -> None:
    text = "from celery.schedules import crontab\n\nWHEN = crontab({})\n"
    assert fixed(tmp_path, code, {"shop/times.py": text.format(before)})["shop/times.py"] == text.format(after)


# --- signatures

STEPS = """
from celery import chain, chord, group, shared_task


@shared_task
def pay(order_id): ...


@shared_task
def clean(): ...


@shared_task
def store(pages, title): ...


def start(order):
    {}
"""


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("CEL509", "(pay.s(1) | clean.s()).delay()", "(pay.s(1) | clean.si()).delay()"),
        ("CEL509", "(clean.s() | store.s()).delay()", "(clean.s() | store.s()).delay()"),
        ("CEL511", "pay.s(1)", "pay.delay(1)"),
        ("CEL511", "(pay.s(1) | pay.s())", "(pay.s(1) | pay.s()).delay()"),
        ("CEL511", "pay.s(1) | pay.s()  # both", "(pay.s(1) | pay.s()).delay()  # both"),
        ("CEL511", "pay.s(1); clean.delay", "pay.delay(1); clean.delay()"),
        ("CEL511", "pay.delay", "pay.delay"),
        ("CEL511", "chain(\n        pay.s(1),\n        pay.s(),\n    )",
         "chain(\n        pay.s(1),\n        pay.s(),\n    ).delay()"),
        ("CEL512", "chain(pay.s(1), clean).delay()", "chain(pay.s(1), clean.si()).delay()"),
        ("CEL512", "chain(pay.s(1), store).delay()", "chain(pay.s(1), store).delay()"),
        ("CEL512", "chord([pay.s(1)], clean).delay()", "chord([pay.s(1)], clean.si()).delay()"),
        ("CEL512", "group([clean, clean.s]).delay()", "group([clean.s(), clean.s()]).delay()"),
        ("CEL512", "pay.apply_async((1,), link=[clean, clean.delay()])",
         "pay.apply_async((1,), link=[clean.si(), clean.si()])"),
        ("CEL512", "pay.apply_async((1,), link=store)", "pay.apply_async((1,), link=store)"),
        ("CEL512", "pay.apply_async((1,), link=pay.apply_async((2,), countdown=3))",
         "pay.apply_async((1,), link=pay.apply_async((2,), countdown=3))"),
    ],
)  # fmt: skip
def test_signatures(tmp_path: Path, code: str, before: str, after: str) -> None:
    found = fixed(tmp_path, code, {"shop/tasks.py": STEPS.format(before)})["shop/tasks.py"]
    assert found == STEPS.format(after).lstrip("\n")


# --- tasks called like functions


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pay(order.id)", "pay.delay(order.id)"),
        ("pay(order_id=int(order))", "pay.delay(order_id=int(order))"),
        ("pay(order)", "pay(order)"),
        ("pay(order.rows)", "pay(order.rows)"),
        ("pay(*order)", "pay(*order)"),
        ("return pay(1)", "return pay(1)"),
        (
            "try:\n        pay(1)\n    except OSError: order.log()",
            "try:\n        pay(1)\n    except OSError: order.log()",
        ),
    ],
)
def test_called_like_a_function(tmp_path: Path, before: str, after: str) -> None:
    found = fixed(tmp_path, "CEL908", {"shop/tasks.py": STEPS.format(before)})["shop/tasks.py"]
    assert found == STEPS.format(after).lstrip("\n")

"""Times without a zone are told from times with one, and from those that cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import make

HEAD = """
import datetime as dt
from datetime import datetime, timedelta, timezone
from celery import shared_task
from elsewhere import when, zone

def soon():
    return datetime.now() + timedelta(hours=1)
"""


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ("x = datetime.now()", "datetime.now()"),
        ("x = dt.datetime.now(None)", "datetime.now(...)"),
        ("x = datetime.today() - timedelta(1)", "datetime.today()"),
        ("x = timedelta(1) + datetime.now()", "datetime.now()"),
        ("x = datetime.fromtimestamp(5)", "datetime.fromtimestamp(...)"),
        ("x = datetime(2027, 1, 1)", "datetime(...)"),
        ("x = datetime.now().replace(hour=3)", "datetime.now()"),
        ("x = datetime.strptime(when, '%Y')", "datetime.strptime(...)"),
        ("x = datetime.combine(when, dt.time(3))", "datetime.combine(...)"),
        ("x = datetime.combine(when, datetime.min.time())", "datetime.combine(...)"),
        ("x = datetime.now()\nx += timedelta(1)", "datetime.now()"),
        ("x = datetime.now()\nx = x.replace(hour=3) + timedelta(1)", "datetime.now()"),
        ("x = soon()", "datetime.now()"),
        ("x = datetime.now() if when else datetime.today()", "datetime.now()"),
        ("x = datetime.now(timezone.utc)", None),
        ("x = datetime.now(tz=zone)", None),
        ("x = datetime.fromtimestamp(5, zone)", None),
        ("x = datetime(2027, 1, 1, 0, 0, 0, 0, zone)", None),
        ("x = datetime(2027, 1, 1, tzinfo=zone)", None),
        ("x = datetime(*when)", None),
        ("x = datetime.now().replace(tzinfo=zone)", None),
        ("x = datetime.now().astimezone()", None),
        ("x = datetime.now() - datetime.now()", None),
        ("x = datetime.utcnow()", None),
        ("x = datetime.strptime(when, '%Y %z')", None),
        ("x = datetime.strptime(when, zone)", None),
        ("x = datetime.combine(when, dt.time(3, tzinfo=zone))", None),
        ("x = datetime.combine(when, zone)", None),
        ("x = datetime.now()\nx = zone.localize(x)", None),
        ("x = datetime.now() if when else zone", None),
        ("x = x + timedelta(1)", None),
        ("for x in when: ...", None),
        ("x = when", None),
    ],
)
def test_naive(tmp_path: Path, body: str, source: str | None) -> None:
    lines = "\n    ".join(body.splitlines())
    project = make(tmp_path, {"shop/tasks.py": f"{HEAD}\n@shared_task\ndef f():\n    {lines}\n    use(x)\n"})
    (task,) = project.tasks
    assert project.clock.naive(task.function, task.function.calls[-1].args[0]) == source


@pytest.mark.parametrize(
    ("settings", "is_utc"),
    [
        ("TIME_ZONE = 'UTC'", True),
        ("TIME_ZONE = 'Etc/UTC'", True),
        ("TIME_ZONE = 'Europe/Vienna'", False),
        ("TIME_ZONE = 'UTC'\nif X:\n    TIME_ZONE = 'Europe/Vienna'", False),
        ("import os\nTIME_ZONE = os.environ['ZONE']", False),
        ("CELERY_TIMEZONE = 'UTC'", False),
    ],
)
def test_django_sets_the_clock(tmp_path: Path, settings: str, is_utc: bool) -> None:
    project = make(
        tmp_path,
        {
            "shop/settings.py": settings,
            "shop/celery.py": """
            import os
            from celery import Celery
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
            app = Celery("shop")
            """,
        },
    )
    assert project.clock.is_utc is is_utc

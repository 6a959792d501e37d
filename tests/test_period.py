"""How long it is from one run of a periodic task to the next, beside Celery's own reckoning."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from pathlib import Path

import celery
import pytest
from celery.schedules import crontab

from flake8_celery.period import of_crontab, shortest
from tests.projects import make


@pytest.mark.parametrize(
    ("when", "seconds"),
    [
        ("30", 30),
        ("60.0 * 5", 300),
        ("timedelta(minutes=2)", 120),
        ("schedule(timedelta(minutes=2))", 120),
        ("schedule(run_every=90)", 90),
        ("crontab()", 60),
        ("crontab(minute='*/5')", 300),
        ("crontab(minute='0,10')", 600),
        ("crontab(0, 3)", 86400),
        ("EVERY", 600),
        ("crontab(minute=X)", None),
        ("crontab(*X)", None),
        ("crontab(minute='x')", None),
        ("X", None),
        ("0", None),
        ("timedelta(0)", None),
        ("True", None),
        ("X.every(5)", None),
    ],
)
def test_shortest(tmp_path: Path, when: str, seconds: float | None) -> None:
    head = "from datetime import timedelta\nfrom celery.schedules import crontab, schedule\nfrom lib import X\n"
    schedule = f"EVERY = crontab(minute='*/10')\nbeat_schedule = {{'a': {{'task': 't', 'schedule': {when}}}}}\n"
    project = make(tmp_path, {"celeryconfig.py": head + schedule})
    (entry,) = project.schedule
    assert entry.scope is not None
    assert entry.when is not None
    assert shortest(project, entry.scope, entry.when) == seconds


@pytest.mark.skipif(celery.VERSION < (5, 7), reason="the grammar is that of Celery 5.7")
@pytest.mark.parametrize(
    ("fields", "exact"),
    [
        ({"minute": "*/45"}, True),
        ({"minute": "50,5", "hour": "8-18"}, True),
        ({"minute": 0, "hour": "22,1"}, True),
        ({"minute": "0,59", "day_of_week": "mon-fri"}, True),
        ({"minute": 30, "hour": 4, "day_of_month": "1"}, False),
        ({"minute": "0", "hour": "0,23", "day_of_week": "*/2"}, True),
        ({"minute": "0", "hour": "0,23", "day_of_week": "mon,thu"}, True),
        ({"minute": "0", "hour": "0,23", "day_of_week": "tue,wed"}, True),
        ({"minute": "0", "hour": "0,23", "day_of_month": "1,31"}, False),
    ],
)
def test_of_crontab(fields: dict[str, object], exact: bool) -> None:
    start = datetime(2026, 3, 1, tzinfo=timezone.utc)
    when = crontab(**fields)
    due = [
        moment
        for moment in (start + timedelta(minutes=m) for m in range(14 * 24 * 60))
        if moment.minute in when.minute
        and moment.hour in when.hour
        and moment.isoweekday() % 7 in when.day_of_week
        and moment.day in when.day_of_month
    ]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(due)]
    found = of_crontab(fields)
    assert found is not None
    assert found <= min(gaps, default=found)
    assert not exact or found == min(gaps)

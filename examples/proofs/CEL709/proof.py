"""How often something comes due that is meant to run every 90 minutes, by Celery's own reckoning."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1

DAY = """
from datetime import datetime, timedelta, timezone

from shop.celery import app

schedule = app.conf.beat_schedule["sync"]["schedule"]
start = datetime(2026, 1, 15, tzinfo=timezone.utc)
last, due = start - timedelta(minutes=90), []
for minute in range(24 * 60):
    now = start + timedelta(minutes=minute)
    schedule.nowfun = lambda: now
    if schedule.is_due(last).is_due:
        last = now
        due.append(minute)
print(len(due), *sorted({later - earlier for earlier, later in zip(due, due[1:])}))
"""


def experiment(lab: Lab) -> str:
    times, *gaps = lab.python("-c", DAY).out.split()
    return f"due {times} times from 00:00 to 24:00, {' or '.join(gaps)} minutes apart"

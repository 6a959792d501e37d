"""How often a crontab without a minute comes due, by Celery's own reckoning."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1

DAY = """
from datetime import datetime, timedelta, timezone

from shop.celery import app

schedule = app.conf.beat_schedule["nightly export"]["schedule"]
start = datetime(2026, 1, 15, tzinfo=timezone.utc)
last, due = start - timedelta(seconds=1), 0
for minute in range(24 * 60):
    now = start + timedelta(minutes=minute)
    schedule.nowfun = lambda: now
    if schedule.is_due(last).is_due:
        last, due = now, due + 1
print(due)
"""


def experiment(lab: Lab) -> str:
    due = int(lab.python("-c", DAY).out)
    return f"the nightly export is due {due} {'time' if due == 1 else 'times'} from 00:00 to 24:00"

from celery import Celery
from celery.schedules import crontab

app = Celery("shop", broker="redis://localhost/0")
FRESH = {"expires": 50}

# setup
@app.task(expires=50)
def poll():
    return 1


@app.task
def sync():
    return 1


@app.task
def report():
    return 1


app.conf.beat_schedule = {
    # bad: every minute, no expiry
    "sync": {"task": "schedule.sync", "schedule": 60.0},
    # bad: every five minutes, other options
    "slow-sync": {"task": "schedule.sync", "schedule": crontab(minute="*/5"), "options": {"queue": "slow"}},
    # good: the entry expires
    "fresh-sync": {"task": "schedule.sync", "schedule": 60.0, "options": {"expires": 50}},
    # good: the entry's options are a constant
    "constant-sync": {"task": "schedule.sync", "schedule": 60.0, "options": FRESH},
    # good: the task itself expires
    "poll": {"task": "schedule.poll", "schedule": 60.0},
    # setup
}

# setup
@app.on_after_finalize.connect
def register(sender, **kwargs):
    # bad: added by a call
    sender.add_periodic_task(30.0, sync.s(), name="sync again")
    # good: added by a call, with an expiry
    sender.add_periodic_task(30.0, sync.s(), name="sync soon", expires=25)


# good: no entry, a form field of that shape
FIELD = {"task": "Pick up the parcel", "schedule": "on Monday"}

from celery import Celery, schedules
from celery.schedules import crontab

app = Celery("shop", broker="redis://localhost/0")

# bad: an hour without a minute: sixty times
nightly = crontab(hour=3)

# bad: the same through the module
morning = schedules.crontab(hour=6)

# bad: a day without hour and minute: every minute of that day
monday = crontab(day_of_week=1)

# bad: a day of the month and an hour without a minute
first = crontab(hour=4, day_of_month=1)

# good: minute and hour
daily = crontab(minute=0, hour=3)

# good: the same by position
noon = crontab(0, 12)

# good: the first of the month at 03:00
monthly = crontab(minute=0, hour=3, day_of_month=1)

# good: a minute of its own
often = crontab(minute="*/5")


# good: another function of that name
def parse():
    def crontab(text):
        return text.split()

    return crontab("0 3 * * *")

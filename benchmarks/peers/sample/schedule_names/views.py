from celery import Celery
from django_celery_beat.models import PeriodicTask

app = Celery("shop", broker="redis://localhost/0")

# setup
@app.task
def ship(order_id):
    return order_id


# bad: a request names the task of an entry
def add(request):
    PeriodicTask.objects.create(name="new", task=request.POST["task"])


# good: a constant names it
SHIP = "shop.ship"
beat_schedule = {"ship": {"task": SHIP, "schedule": 3600.0}}

# good: the task itself names it
CELERYBEAT_SCHEDULE = {"ship": {"task": ship.name, "schedule": 3600.0}}

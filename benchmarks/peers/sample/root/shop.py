import os

from celery import Celery, platforms

# bad: as the environment variable that Celery reads
os.environ["C_FORCE_ROOT"] = "1"

# good: a variable that nobody reads
C_FORCE_ROOT = True

app = Celery("shop", broker="redis://localhost/0")

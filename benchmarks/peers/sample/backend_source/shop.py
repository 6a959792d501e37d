import os

from celery import Celery

# good: the address of the result backend comes from the environment, as it should
app = Celery("shop", broker="redis://localhost/0", backend=os.environ.get("RESULTS"))

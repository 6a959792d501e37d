"""What the web process does when an order is confirmed."""

import shop.celery  # noqa: F401
from shop.tasks import ship

ship.delay(7)

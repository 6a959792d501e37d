"""A request, as a web process answers it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
django.setup()

from orders.views import confirm  # noqa: E402

print(confirm(7))

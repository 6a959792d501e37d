import contextlib

import django
import shop

django.setup()

from django.db import connection  # noqa: E402
from lab import journal  # noqa: E402
from shop.models import Order  # noqa: E402
from shop.orders import order_and_announce, place  # noqa: E402
from shop.payments import PaymentRefused  # noqa: E402

with connection.schema_editor() as editor:
    editor.create_model(Order)

place("books")
with contextlib.suppress(PaymentRefused):
    order_and_announce("yachts")
journal("checked out", shop.app.main)

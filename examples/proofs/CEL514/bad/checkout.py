import contextlib

import django
import shop

django.setup()

from django.db import connection, transaction  # noqa: E402
from lab import journal  # noqa: E402
from shop.models import Order  # noqa: E402

with connection.schema_editor() as editor:
    editor.create_model(Order)

order, created = Order.objects.get_or_create(cart="books")
with contextlib.suppress(RuntimeError), transaction.atomic():
    order.delete()
    raise RuntimeError("not now")
journal("checked out", shop.app.main, Order.objects.count())

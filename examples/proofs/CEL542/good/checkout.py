import django
import shop

django.setup()

from django.db import connection  # noqa: E402
from lab import journal  # noqa: E402
from shop.models import Order  # noqa: E402
from shop.orders import place  # noqa: E402

with connection.schema_editor() as editor:
    editor.create_model(Order)

place()
journal("placed", shop.app.main)

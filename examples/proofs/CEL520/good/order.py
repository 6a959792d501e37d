from datetime import datetime, timedelta, timezone

from shop.tasks import remind

print(remind.apply_async((7,), eta=datetime.now(timezone.utc) + timedelta(hours=1)).id)

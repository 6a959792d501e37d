from datetime import datetime, timedelta

from shop.tasks import remind

print(remind.apply_async((7,), eta=datetime.now() + timedelta(hours=1)).id)

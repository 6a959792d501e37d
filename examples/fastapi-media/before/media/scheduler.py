import requests
from celery.beat import PersistentScheduler

from media.config import HEARTBEAT_URL


class HeartbeatScheduler(PersistentScheduler):
    def tick(self, *args, **kwargs):
        requests.get(HEARTBEAT_URL)
        return super().tick(*args, **kwargs)

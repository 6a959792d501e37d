import logging

from celery import bootsteps
from kombu import Consumer, Exchange, Queue

from media.database import SessionLocal
from media.models import Media

logger = logging.getLogger(__name__)

storage_events = Queue("storage-events", Exchange("storage", type="topic"), routing_key="object.*")


class StorageEvents(bootsteps.ConsumerStep):
    """Hears from the storage service which objects were stored or deleted."""

    def get_consumers(self, channel):
        return [Consumer(channel, queues=[storage_events], callbacks=[self.on_event], accept=["json"])]

    def on_event(self, body, message):
        with SessionLocal() as session:
            media = session.get(Media, body["media_id"])
            if media is not None:
                media.status = body["event"]
                session.commit()
        logger.info("storage event %s", body)
        message.ack()

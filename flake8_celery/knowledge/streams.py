"""Clients of event streams and message brokers, and how endless loops read from them.

The names are those in the documentation of kafka-python, confluent-kafka, aiokafka, redis-py, pika, stomp.py,
paho-mqtt, pulsar-client, boto3 and kombu.
"""

from __future__ import annotations

import re

from .effects import REDIS_CLIENTS

_REDIS = "|".join(re.escape(name) for name in sorted(REDIS_CLIENTS))

ENDLESS_ITERATION: re.Pattern[str] = re.compile(
    rf"""kafka(?:\.consumer(?:\.group)?)?\.KafkaConsumer\(\)
    | aiokafka(?:\.consumer(?:\.consumer)?)?\.AIOKafkaConsumer\(\)
    | (?:{_REDIS}|redis\.asyncio\.(?:Redis\(\)|from_url\(\)|Redis\.from_url\(\)))\.pubsub\(\)\.listen\(\)
    | pika\.BlockingConnection\(\)\.channel\(\)\.consume\(\)""",
    re.VERBOSE,
)
"""What a `for` never comes to the end of, unless a timeout is given."""

ITERATION_TIMEOUTS: frozenset[str] = frozenset({"consumer_timeout_ms", "inactivity_timeout"})
"""Arguments that end such a loop."""

POLLS: re.Pattern[str] = re.compile(
    rf"""(?:confluent_kafka(?:\.cimpl)?\.(?:Consumer|DeserializingConsumer|AvroConsumer)\(\)
         | confluent_kafka\.avro\.AvroConsumer\(\))\.(?:poll|consume)
    | kafka(?:\.consumer(?:\.group)?)?\.KafkaConsumer\(\)\.poll
    | aiokafka\.AIOKafkaConsumer\(\)\.(?:getone|getmany)
    | (?:{_REDIS}|redis\.asyncio\.(?:Redis\(\)|from_url\(\)|Redis\.from_url\(\)))
      \.(?:xread|xreadgroup|blpop|brpop|blmove|brpoplpush|bzpopmin|bzpopmax|pubsub\(\)\.get_message)
    | boto3\.(?:client\(\)|Session\(\)\.client\(\)|session\.Session\(\)\.client\(\))\.receive_message
    | pulsar\.Client\(\)\.subscribe\(\)\.receive
    | kombu\.(?:Connection|BrokerConnection)\(\)\.drain_events""",
    re.VERBOSE,
)
"""Calls that take the next messages; in `while True` they make a consumer."""

POLL_METHODS: frozenset[str] = frozenset(
    {
        "blmove", "blpop", "brpop", "brpoplpush", "bzpopmax", "bzpopmin", "consume", "drain_events", "get_message",
        "getmany", "getone", "poll", "receive", "receive_message", "xread", "xreadgroup",
    }
)  # fmt: skip
"""The last parts of these names."""

ENDLESS_METHODS: frozenset[str] = frozenset({"loop_forever", "run_forever", "start_consuming"})

ENDLESS_CALLS: re.Pattern[str] = re.compile(
    r"""pika\.[\w.()]+\.start_consuming
    | stomp\.[\w.()]+\.run_forever
    | paho\.mqtt\.client\.Client\(\)\.loop_forever""",
    re.VERBOSE,
)
"""Calls that consume until the process ends."""

KOMBU_CONSUMERS: frozenset[str] = frozenset(
    {
        "kombu.mixins.ConsumerMixin",
        "kombu.mixins.ConsumerProducerMixin",
    }
)
"""Classes whose `run()` consumes until it is stopped."""

CONSUMER_STEPS: frozenset[str] = frozenset({"celery.bootsteps.ConsumerStep"})

BROADCAST: frozenset[str] = frozenset({"kombu.common.Broadcast"})

EVENT_WORDS: frozenset[str] = frozenset(
    {
        "bus", "canceled", "cancelled", "completed", "created", "deleted", "event", "events", "ordered", "paid",
        "placed", "published", "refunded", "registered", "shipped", "subscribed",
    }
)  # fmt: skip
"""Words in the names of queues and tasks that carry business events."""

WORKER_STATE_WORDS: frozenset[str] = frozenset(
    {
        "cache", "caches", "clear", "config", "configuration", "feature", "features", "flag", "flags", "flush",
        "invalidate", "log", "logging", "model", "ping", "refresh", "reload", "reset", "restart", "settings",
        "shutdown", "warm", "warmup",
    }
)  # fmt: skip
"""Words in the names of tasks that change something in each worker's own memory, for which a broadcast is right."""

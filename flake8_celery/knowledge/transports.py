"""Names of broker transports and result backends: those of Celery 5.3.6, 5.4.0, 5.5.3, 5.6.3, 5.7.0.

Written by scripts/generate_knowledge.py from the packages themselves: do not edit.
"""

# fmt: off
from __future__ import annotations

TRANSPORTS: frozenset[str] = frozenset({
    "SLMQ", "SQS", "amqp", "amqps", "azureservicebus", "azurestoragequeues", "confluentkafka", "consul", "etcd",
    "filesystem", "gcpubsub", "kafka", "librabbitmq", "memory", "mongodb", "pgmq", "pyamqp", "pyro", "qpid", "redis",
    "rediss", "sentinel", "slmq", "sqla", "sqlalchemy", "sqs", "zookeeper",
})
"""The schemes of broker URLs."""

BACKENDS: frozenset[str] = frozenset({
    "arangodb", "azureblockblob", "cache", "cassandra", "consul", "cosmosdbsql", "couchbase", "couchdb", "database",
    "db", "disabled", "dynamodb", "elasticsearch", "file", "gs", "mongodb", "redis", "rediss", "riak", "rpc", "s3",
    "sentinel",
})
"""The schemes of result backend URLs, before a `+`."""

OLD_TRANSPORTS: frozenset[str] = frozenset({
    "amqplib", "beanstalk", "couchdb", "django", "ghettoq.taproot.Beanstalk", "ghettoq.taproot.CouchDB",
    "ghettoq.taproot.Database", "ghettoq.taproot.MongoDB", "ghettoq.taproot.Redis", "zeromq", "zmq",
})
"""Further ones that Celery 3.1 and 4.4 had."""

OLD_BACKENDS: frozenset[str] = frozenset({
    "amqp",
})
"""Further ones that Celery 3.1 and 4.4 had."""

SINCE: dict[str, tuple[int, int]] = {
    "gcpubsub": (5, 5), "gs": (5, 4), "kafka": (5, 5), "pgmq": (5, 7),
}
"""The first version of those that the oldest one lacks."""

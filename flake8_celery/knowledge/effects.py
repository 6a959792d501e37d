"""Calls that change something outside the task, those that add up when they run twice, and what prevents it."""

from __future__ import annotations

_VERBS = ("post", "put", "patch", "delete")

HTTP_WRITES: frozenset[str] = frozenset(
    [f"requests.{verb}" for verb in _VERBS]
    + [f"requests.Session().{verb}" for verb in _VERBS]
    + [f"httpx.{verb}" for verb in _VERBS]
    + [f"httpx.{client}().{verb}" for client in ("Client", "AsyncClient") for verb in _VERBS]
)

WRITES: frozenset[str] = frozenset(
    {"save", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "commit", "executemany"}
)
"""Methods that write to the database whatever they are called on."""

MANAGER_WRITES: frozenset[str] = frozenset({"create", "update", "delete"})
"""Methods that write when they are called on a Django manager or query set."""

CHARGES: frozenset[str] = frozenset(
    {
        "stripe.Charge.create",
        "stripe.PaymentIntent.create",
        "stripe.PaymentIntent.confirm",
        "stripe.PaymentIntent.capture",
        "stripe.Payout.create",
        "stripe.Refund.create",
        "stripe.Subscription.create",
        "stripe.Transfer.create",
        "stripe.Invoice.create",
        "stripe.InvoiceItem.create",
        "stripe.StripeClient().charges.create",
        "stripe.StripeClient().payment_intents.create",
        "stripe.StripeClient().payouts.create",
        "stripe.StripeClient().refunds.create",
        "stripe.StripeClient().transfers.create",
        "stripe.StripeClient().v1.charges.create",
        "stripe.StripeClient().v1.payment_intents.create",
        "stripe.StripeClient().v1.payouts.create",
        "stripe.StripeClient().v1.refunds.create",
        "stripe.StripeClient().v1.transfers.create",
        "braintree.Transaction.sale",
        "braintree.Transaction.refund",
        "razorpay.Client().payment.capture",
    }
)
"""Calls that move money, twice when they are made twice without an idempotency key."""

REDIS_CLIENTS: frozenset[str] = frozenset(
    {
        "redis.Redis()",
        "redis.StrictRedis()",
        "redis.Redis.from_url()",
        "redis.StrictRedis.from_url()",
        "redis.from_url()",
        "redis.client.Redis()",
        "redis.client.StrictRedis()",
        "redis.cluster.RedisCluster()",
        "redis.RedisCluster()",
        "valkey.Valkey()",
        "valkey.from_url()",
        "django_redis.get_redis_connection()",
        "django.core.cache.cache",
        "django.core.cache.caches[]",
    }
)
"""Objects whose additive methods count or push in a shared store."""

REDIS_ADDITIVE: frozenset[str] = frozenset(
    {
        "append", "decr", "decrby", "hincrby", "hincrbyfloat", "incr", "incrby", "incrbyfloat", "lpush", "rpush",
        "xadd", "zincrby",
    }
)  # fmt: skip
"""Redis commands that do more when they run twice; `sadd`, `set`, `hset` and `zadd` do not."""

F_EXPRESSIONS: frozenset[str] = frozenset({"django.db.models.F", "django.db.models.expressions.F"})

FETCHES: frozenset[str] = frozenset(
    {
        "aget", "afirst", "alast", "earliest", "first", "get", "get_object_or_404", "last", "latest", "one",
        "one_or_none", "scalar", "scalar_one", "scalar_one_or_none",
    }
)  # fmt: skip
"""Methods and functions that give one stored object."""

STORES: frozenset[str] = frozenset({"asave", "commit", "flush", "save"})
"""Methods that write changed attributes of an object to the database."""

ONCE: frozenset[str] = frozenset(
    {
        "aget_or_create", "aupdate_or_create", "acquire", "get_or_create", "lock", "merge", "on_conflict_do_nothing",
        "on_conflict_do_update", "setnx", "update_or_create", "upsert",
    }
)  # fmt: skip
"""Calls that show that somebody thought of the second time. `select_for_update` does not: it only orders the runs."""

ONCE_WORDS: tuple[str, ...] = ("idempot", "lock", "once", "unique", "dedup", "singleton", "mutex", "semaphore")
"""Parts of the names of functions, classes and context managers that do the same."""

ATTEMPT_WORDS: tuple[str, ...] = ("attempt", "retr", "tries", "try", "fail", "error", "run_count", "runs")
"""Parts of the names of fields that count the runs themselves: to count each run is their purpose."""

RECORD_WORDS: tuple[str, ...] = (
    "log",
    "attempt",
    "audit",
    "histor",
    "event",
    "exchange",
    "metric",
    "stat",
    "trace",
    "run",
)
"""Parts of the names of models with a row for each run."""

KEYS: frozenset[str] = frozenset({"id", "pk", "uuid", "uid", "key", "idempotency_key", "external_id", "slug"})
"""Fields that make a second row of the same values impossible."""

"""Asynchronous clients whose connections belong to one event loop, and what runs coroutines.

Source: each of them was used in three and more `asyncio.run()` calls, with the versions that the page of CEL404
names. An `aiohttp.ClientSession` of today cannot even be made without a running loop. `aioredis` is the former name
of `redis.asyncio`.
"""

from __future__ import annotations

CLIENTS: dict[str, frozenset[str]] = {}
"""The canonical name of what makes a client → its methods that are not coroutines."""

_HTTPX = frozenset({"stream", "build_request", "is_closed", "cookies", "headers"})
for _name in ("httpx.AsyncClient", "httpx2.AsyncClient"):
    CLIENTS[_name] = _HTTPX

_REDIS = frozenset(
    {
        "pipeline",
        "pubsub",
        "lock",
        "monitor",
        "client",
        "transaction",
        "register_script",
        "get_connection_kwargs",
        "get_encoder",
        "from_url",
        "from_pool",
        "set_response_callback",
        "load_external_module",
        "scan_iter",
        "sscan_iter",
        "hscan_iter",
        "zscan_iter",
        "json",
        "ft",
        "ts",
        "bf",
        "cf",
        "cms",
        "topk",
        "tdigest",
        "graph",
    }
)
for _module in ("redis.asyncio", "redis.asyncio.client", "aioredis"):
    for _maker in ("Redis", "StrictRedis", "Redis.from_url", "StrictRedis.from_url", "from_url", "RedisCluster"):
        CLIENTS[f"{_module}.{_maker}"] = _REDIS
CLIENTS["redis.asyncio.cluster.RedisCluster"] = _REDIS

CLIENTS["aiohttp.ClientSession"] = frozenset({"closed", "cookie_jar", "headers", "detach", "connector", "ws_connect"})
CLIENTS["aiohttp.client.ClientSession"] = CLIENTS["aiohttp.ClientSession"]

POOLED: frozenset[str] = frozenset(
    {
        "openai.AsyncOpenAI",
        "openai.AsyncAzureOpenAI",
        "elasticsearch.AsyncElasticsearch",
        "motor.motor_asyncio.AsyncIOMotorClient",
        "pymongo.AsyncMongoClient",
        "pymongo.asynchronous.mongo_client.AsyncMongoClient",
        "asyncpg.create_pool",
    }
)
"""Clients that keep connections too, but are reported only where they are made at import."""

ENGINES: frozenset[str] = frozenset(
    {
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlalchemy.ext.asyncio.engine.create_async_engine",
        "sqlmodel.ext.asyncio.create_async_engine",
    }
)
SESSION_FACTORIES: frozenset[str] = frozenset(
    {
        "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.ext.asyncio.session.async_sessionmaker",
        "sqlalchemy.orm.sessionmaker",
        "sqlalchemy.orm.session.sessionmaker",
    }
)
"""What makes sessions over an engine, given as first argument or `bind`."""

SESSIONS: frozenset[str] = frozenset(
    {
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.ext.asyncio.session.AsyncSession",
        "sqlmodel.ext.asyncio.session.AsyncSession",
    }
)

CLOSING: frozenset[str] = frozenset({"aclose", "close", "dispose", "disconnect", "terminate", "__aexit__"})
"""Methods that give a client's connections up."""

NEW_LOOP: frozenset[str] = frozenset(
    {
        "asyncio.run",
        "asyncio.runners.run",
        "asyncio.Runner().run",
        "anyio.run",
        "uvloop.run",
        "asgiref.sync.async_to_sync",
        "asyncio.new_event_loop().run_until_complete",
        "asyncio.events.new_event_loop().run_until_complete",
        "uvloop.new_event_loop().run_until_complete",
    }
)
"""What runs a coroutine in an event loop of its own."""

POOLS: tuple[str, ...] = (
    "celery_aio_pool",
    "celery_pool_asyncio",
    "celery_asyncio",
    "celery_aio",
    "aiocelery",
    "aio_celery",
)
"""Packages whose worker pools, or apps, await `async def` tasks."""

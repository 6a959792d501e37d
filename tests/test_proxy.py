"""The TCP proxy that stands before a server of the user's."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from flake8_celery.harness.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    proxy = Proxy(echo)
    yield proxy
    proxy.close()


def asks(proxy: Proxy) -> bool:
    """Whether an answer comes through."""
    try:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            client.sendall(b"ping")
            return client.recv(4) == b"ping"
    except OSError:
        return False


def test_it_passes_on(proxy: Proxy) -> None:
    assert asks(proxy)
    assert proxy.connections == 1


def test_it_refuses_the_nth_connection_from_now(proxy: Proxy) -> None:
    assert asks(proxy)
    proxy.refuse(2)
    assert [asks(proxy) for _ in range(3)] == [True, False, True]
    assert proxy.refused == 1


def test_it_cuts_and_heals(proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"ping")
        assert client.recv(4) == b"ping"
        proxy.cut()
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(4) == b""
    assert not asks(proxy)
    proxy.heal()
    assert asks(proxy)


def test_a_server_that_is_not_there(proxy: Proxy) -> None:
    nowhere = Proxy(1)
    assert not asks(nowhere)
    nowhere.close()

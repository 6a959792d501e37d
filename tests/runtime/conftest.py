"""One private server for all runtime tests, and labs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flake8_celery.harness import Lab
from flake8_celery.harness.processes import Processes
from flake8_celery.harness.servers import RedisServer, find_rabbitmq, redis_server

LabMaker = Callable[..., Lab]


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    found = Processes()
    yield found
    found.close()


@pytest.fixture(scope="session")
def server(processes: Processes) -> Iterator[RedisServer]:
    found = redis_server(processes)
    yield found
    found.close()


@pytest.fixture(scope="session")
def rabbitmq() -> str:
    url = find_rabbitmq()
    if url is None:
        pytest.skip("no RabbitMQ answers on 127.0.0.1:5672")
    return url


@pytest.fixture
def make_lab(tmp_path: Path, processes: Processes, server: RedisServer) -> Iterator[LabMaker]:
    """A lab with the given files; `rabbitmq=` takes a broker's URL."""
    labs: list[Lab] = []

    def make(files: dict[str, str], rabbitmq: str | None = None) -> Lab:
        source = tmp_path / f"source-{len(labs)}"
        source.mkdir()
        for name, text in files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        lab = Lab(source, processes=processes, redis=server, rabbitmq=rabbitmq)
        labs.append(lab)
        return lab

    yield make
    for lab in labs:
        lab.close()

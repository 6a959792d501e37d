"""Which URLs hold a secret."""

from __future__ import annotations

import pytest

from flake8_celery.knowledge.urls import credentials_in


@pytest.mark.parametrize(
    ("url", "known", "secret"),
    [
        ("amqp://shop:k4ZpW9qd@mq.shop.net//", True, "the password of `shop` at `mq.shop.net`"),
        ("redis://:k4ZpW9qd@cache.shop.net", True, "the password of `cache.shop.net`"),
        ("amqp://shop:k4ZpW9qd@rabbitmq//", True, None),
        ("amqp://shop:k4ZpW9qd@rabbitmq//", False, "the password of `shop` at `rabbitmq`"),
        ("amqp://shop:k4ZpW9qd@rabbitmq.local//", False, "the password of `shop` at `rabbitmq.local`"),
        ("amqp://shop:shopping@rabbitmq//", False, None),
        ("amqp://shop:k4Zp@rabbitmq//", False, None),
        ("amqp://shop:MyPassword1@rabbitmq//", False, None),
        ("amqp://shop:k4ZpW9qd@localhost//", False, None),
        ("redis://:k4ZpW9qd@/0", False, None),
        ("https://shop:k4ZpW9qd@shop.net", False, None),
    ],
)
def test_credentials(url: str, known: bool, secret: str | None) -> None:
    assert credentials_in(url, lambda host: known) == secret  # noqa: ARG005


def test_short_names_are_services_unless_told_otherwise() -> None:
    assert credentials_in("amqp://shop:k4ZpW9qd@rabbitmq//") is None

"""Where the rows of Django's models lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery import lint
from flake8_celery.related import related_models

MODELS = """
from django.db import models
from django.db.models import ForeignKey as Key

from shop.fields import ForeignKey


class Order(models.Model):
    shops = models.ManyToManyField("stores.Shop", related_name="orders")
    similar = models.ManyToManyField("self", related_name="+")
    owner = models.OneToOneField("auth.User", related_name="order", on_delete=models.CASCADE)


class Line(models.Model):
    order = Key(Order, related_name="lines", on_delete=models.CASCADE)
    hidden = Key(Order, related_name="+", on_delete=models.CASCADE)
    other = ForeignKey(Order, related_name="others")


class Base(models.Model):
    order = Key(Order, related_name="based", on_delete=models.CASCADE)

    class Meta:
        abstract = True


class Payment(models.Model):
    order = Key(Order, on_delete=models.CASCADE)
    options = Key(Order, on_delete=models.CASCADE, **OPTIONS)


class Refund(models.Model):
    order = Key(Order, related_name="lines", on_delete=models.CASCADE)
    computed = Key(Order, related_name="%(class)s_computed", on_delete=models.CASCADE)
"""


@pytest.mark.parametrize(
    ("attribute", "models"),
    [
        ("lines", {"Line", "Refund"}),
        ("payment_set", {"Payment"}),
        ("orders", {"Order"}),
        ("shops", {"Shop"}),
        ("similar", {"Order"}),
        ("order", set()),
        ("others", set()),
        ("based", set()),
        ("base_set", set()),
        ("refund_computed", set()),
        ("line_set", set()),
    ],
)
def test_related(attribute: str, models: set[str], tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "models.py").write_text(MODELS)
    project = lint.open_project(tmp_path, use_cache=False)
    assert related_models(project, attribute) == models

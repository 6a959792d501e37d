"""Which expressions are objects of one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.objects import Objects
from flake8_celery.receivers import receiver
from tests.projects import make

HEAD = """
import sqlalchemy
from celery import shared_task
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from sqlalchemy.orm import DeclarativeBase, Session
from shop.models import Order

class Base(DeclarativeBase): ...
class Row(Base): ...

@shared_task
def task(x): ...
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(request):\n    use(request)", "the request"),
        ("def f(request):\n    use(request.user)", "the user of the request"),
        ("def f(request):\n    use(request.POST)", None),
        ("def f(request):\n    request = 1\n    use(request)", None),
        ("def f(other, request):\n    use(request)", None),
        ("def f(req: HttpRequest):\n    use(req)", "the request"),
        ("def f(request: dict):\n    use(request)", None),
        ("def f(pk):\n    use(get_object_or_404(Order, pk=pk))", "a model instance"),
        ("def f():\n    for order in Order.objects.all():\n        use(order)", "a row of `Order`"),
        ("def f():\n    for n in Order.objects.values_list('n'):\n        use(n)", None),
        ("def f(session):\n    row = session.query(Row).first()\n    use(row)", "a row of `Row`"),
        ("def f(session):\n    use(session.query(Row.id).first())", None),
        ("def f(session):\n    use(session.scalars(sqlalchemy.select(Row)).one())", "a row of `Row`"),
        ("def f(session):\n    use(session.get(Row, 1))", "a row of `Row`"),
        ("def f(session, x):\n    use(session.get(x, 1))", None),
        ("def f(db: Session):\n    use(db)", "a database session"),
        ("def f():\n    r = task.delay(1)\n    use(r)", "an `AsyncResult`"),
        ("def f():\n    r = task.delay(1)\n    use(r.id)", None),
        ("def f():\n    order = Order(n=1)\n    later(lambda: use(order))", "a model instance, `Order`"),
        ("def f(request):\n    use([1, {'user': request.user}])", "the user of the request"),
        ("def f(path):\n    with open(path) as file:\n        use(file)", "an open file"),
        ("def f(path):\n    with other(path) as file:\n        use(file)", None),
    ],
)
def test_refused(tmp_path: Path, text: str, expected: str | None) -> None:
    project = make(
        tmp_path,
        {
            "views.py": f"{HEAD}\n{text}\n",
            "shop/__init__.py": "",
            "shop/models.py": "from django.db import models\nclass Order(models.Model): ...\n",
        },
    )
    module = project.module("views.py")
    assert module is not None
    scope, call = next((s, c) for s in module.scopes for c in s.calls if c.attr == "use")
    assert Objects(project, scope).refused(call.args[0]) == expected


MODELS = """
from celery import shared_task
from django.core.signals import request_started
from django.db import models
from django.db.models.signals import post_delete, post_save

class Shop(models.Model): ...

class Order(models.Model):
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    other = models.OneToOneField("elsewhere.Other", on_delete=models.CASCADE)
    number = models.IntegerField()
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(sender, instance, **kwargs):\n    use(instance)", "a model instance"),
        ("def f(**kwargs):\n    use(kwargs['instance'])", "a model instance"),
        ("def f(**kwargs):\n    use(kwargs.get('instance'))", "a model instance"),
        ("def f(**kwargs):\n    use(kwargs.pop('instance').shop)", "a row of `Shop`"),
        ("def f(instance, **kwargs):\n    use(instance.other)", "a model instance"),
        ("def f(instance, **kwargs):\n    shop = instance.shop\n    use(shop)", "a row of `Shop`"),
        ("def f(**kwargs):\n    order = kwargs['instance']\n    use(order.shop)", "a row of `Shop`"),
        ("def f(**kwargs):\n    order = kwargs['instance']\n    use(order)", "a model instance"),
        ("def f(**kwargs):\n    use(kwargs['sender'])", None),
        ("def f(**kwargs):\n    kwargs = {}\n    use(kwargs['instance'])", None),
        ("def f(kwargs):\n    use(kwargs['instance'])", None),
        ("def f(instance, **kwargs):\n    use(instance.shop_id)", None),
        ("def f(instance, **kwargs):\n    use(instance.shop.pk)", None),
        ("def f(instance, **kwargs):\n    use(instance.number)", None),
        ("def f(order: Order, **kwargs):\n    use(order.shop)", "a row of `Shop`"),
    ],
)
@pytest.mark.parametrize(
    ("connected", "known"),
    [
        ("post_save.connect(f, sender=Order)", True),
        ("post_delete.connect(receiver=f, sender=Order)", True),
        ("request_started.connect(f)", False),
        ("", False),
    ],
)
def test_what_a_receiver_gets(tmp_path: Path, text: str, expected: str | None, connected: str, known: bool) -> None:
    project = make(tmp_path, {"shop/models.py": f"{MODELS}\n{text}\n\n{connected}\n"})
    module = project.module("shop/models.py")
    assert module is not None
    scope, call = next((s, c) for s in module.scopes for c in s.calls if c.attr == "use")
    found = Objects(project, scope).refused(call.args[0])
    assert found == (expected if known or "order: Order" in text else None)


def test_receivers_of_several_models(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "shop/models.py": """
            from celery import shared_task
            from django.db import models
            from django.db.models.signals import post_save
            from django.dispatch import receiver
            class Shop(models.Model): ...
            class Order(models.Model): ...

            @receiver(post_save, sender=Order)
            def one(instance, **kwargs): ...

            @receiver([post_save], sender=Order)
            @receiver(post_save, sender=Shop)
            def two(instance, **kwargs): ...

            @receiver(post_save)
            def every(instance, **kwargs): ...

            def none(instance): ...
            """
        },
    )
    module = project.module("shop/models.py")
    assert module is not None
    models = {}
    for function in module.functions:
        found = receiver(project, function)
        models[function.name] = (found.model.name if found.model is not None else "") if found is not None else None
    assert models == {"one": "Order", "two": "", "every": "", "none": None}

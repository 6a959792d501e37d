"""Names resolve through scopes, imports, re-exports, aliases and instances."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flake8_celery.model import UNKNOWN, Scope
from flake8_celery.project import Project
from tests.projects import make


def scope(project: Project, path: str, qualname: str = "") -> Scope:
    module = project.module(path)
    assert module is not None
    found = module.body if not qualname else module.scope(qualname)
    assert found is not None
    return found


def called(project: Project, path: str, qualname: str = "") -> list[str | None]:
    """The canonical names of what a scope calls, in order."""
    where = scope(project, path, qualname)
    return [project.name(where, call.func) for call in where.calls]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import requests\nrequests.post()", "requests.post"),
        ("import requests as r\nr.post()", "requests.post"),
        ("from requests import post as p\np()", "requests.post"),
        ("import urllib.request\nurllib.request.urlopen()", "urllib.request.urlopen"),
        ("import requests\nget = requests.get\nget()", "requests.get"),
        ("try:\n    import ujson as json\nexcept ImportError:\n    import json\njson.dumps()", "ujson.dumps"),
        ("print()", "builtins.print"),
        ("def print(): pass\nprint()", "a.print"),
        ("from somewhere import *\nprint()", "builtins.print"),
        ("x = unknown\nx.y()", "a.x.y"),
    ],
)
def test_in_one_file(tmp_path: Path, text: str, name: str | None) -> None:
    assert called(make(tmp_path, {"a.py": text}), "a.py")[-1] == name


def test_instances(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "a.py": """
            import httpx
            import requests

            session = requests.Session()

            class Api(requests.Session):
                def load(self):
                    self.get()
                    self.own()

                def own(self): ...

            class Holder:
                def __init__(self, client: httpx.Client):
                    self.session = requests.Session()
                    self.given = client

                def go(self):
                    self.session.get()
                    self.given.get()

            def client():
                return httpx.Client(timeout=5)

            def f(annotated: httpx.Client, optional: "httpx.Client | None" = None):
                session.get()
                with httpx.Client() as c:
                    c.post()
                client().put()
                annotated.get()
                Holder(1).go()
                local = requests.Session()
                local.get()
                local = other()
            """
        },
    )
    assert called(project, "a.py", "Api.load") == ["requests.Session().get", "a.Api().own"]
    assert called(project, "a.py", "Holder.go") == ["requests.Session().get", "httpx.Client().get"]
    found = called(project, "a.py", "f")
    assert "requests.Session().get" in found
    assert "httpx.Client().post" in found
    assert "httpx.Client().put" in found
    assert "httpx.Client().get" in found
    assert "a.Holder().go" in found
    assert found[-2] is None, "a variable with two values is none of them"


def test_across_files(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "from .core import app as celery_app\n",
            "proj/core/__init__.py": "from .application import *\nfrom .application import helper\n",
            "proj/core/application.py": "from celery import Celery\napp = Celery('x')\ndef helper(): ...\nLIMIT = 60\n",
            "proj/tasks/__init__.py": "",
            "proj/tasks/a.py": """
            import proj
            import proj.core.application
            from proj import celery_app as capp, core
            from .. import core as again
            from ..core import helper
            from ..core.application import LIMIT

            capp.send_task()
            proj.celery_app.send_task()
            proj.core.application.helper()
            core.helper()
            again.app.send_task()
            helper()
            """,
        },
    )
    assert called(project, "proj/tasks/a.py") == [
        "celery.Celery().send_task",
        "celery.Celery().send_task",
        "proj.core.application.helper",
        "proj.core.application.helper",
        "celery.Celery().send_task",
        "proj.core.application.helper",
    ]
    where = scope(project, "proj/tasks/a.py")
    target = project.function(where, where.calls[-1].func)
    assert target is scope(project, "proj/core/application.py", "helper")


@pytest.mark.parametrize(
    "files",
    [
        {"src/proj/__init__.py": "", "src/proj/a.py": "def f(): ...", "src/proj/b.py": "from proj.a import f\nf()"},
        {"app/a.py": "def f(): ...", "app/b.py": "from app.a import f\nf()"},
        {"app/a.py": "def f(): ...", "app/b.py": "from a import f\nf()"},
        {"web/manage.py": "", "web/shop/a.py": "def f(): ...", "web/shop/b.py": "from shop.a import f\nf()"},
        {"one/p/__init__.py": "", "one/p/a.py": "def f(): ...", "one/p/b.py": "from p.a import f\nf()",
         "two/p/__init__.py": "", "two/p/a.py": "f = None"},
    ],
)  # fmt: skip
def test_layouts(tmp_path: Path, files: dict[str, str]) -> None:
    project = make(tmp_path, files)
    user = next(p for p in files if p.endswith("b.py"))
    definer = user.replace("b.py", "a.py")
    where = scope(project, user)
    assert project.function(where, where.calls[0].func) is scope(project, definer, "f")


def test_cycles_end(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "p/__init__.py": "",
            "p/a.py": "from .b import x\ny = x\nclass A(B): ...\nclass B(A): ...\nA().q()\n",
            "p/b.py": "from .a import y\nx = y\nx.go()\nfrom .b import *\n",
        },
    )
    assert called(project, "p/b.py") in (["p.a.y.go"], ["p.b.x.go"], [None])
    called(project, "p/a.py")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("60 * MINUTE", 3600),
        ("consts.HOUR", 3600),
        ("['a', *NAMES]", ["a", "b", "c"]),
        ("{**BASE, 'x': 1}", {"limit": 3600, "x": 1}),
        ("dict(BASE, x=2)", {"limit": 3600, "x": 2}),
        ("BASE['limit']", 3600),
        ("timedelta(hours=1)", dt.timedelta(hours=1)),
        ("timedelta(minutes=2).total_seconds()", 120.0),
        ("int('5')", 5),
        ("f'{PREFIX}.x'", "shop.x"),
        ("os.environ['A']", UNKNOWN),
        ("{'a': os.environ['A']}", {"a": UNKNOWN}),
        ("not True", False),
        ("1 if x else 1", 1),
        ("1 if x else 2", UNKNOWN),
        ("TWICE", UNKNOWN),
    ],
)
def test_values(tmp_path: Path, expression: str, value: object) -> None:
    project = make(
        tmp_path,
        {
            "consts.py": "HOUR = 60 * 60\n",
            "a.py": f"""
            import os
            from datetime import timedelta
            import consts
            from consts import HOUR
            MINUTE = 60
            NAMES = ('b', 'c')
            BASE = {{'limit': HOUR}}
            PREFIX = 'shop'
            TWICE = 1
            TWICE = 2
            result = {expression}
            """,
        },
    )
    body = scope(project, "a.py")
    assert project.value(body, body.assigned("result")[0].value) == value


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("Order.objects.get(pk=1).ship", "ship"),
        ("Order.objects.select_related('user').filter(pk=1).first().ship", "ship"),
        ("Order._default_manager.using('x').create().ship", "ship"),
        ("made().ship", "ship"),
        ("handler_class()().ship", "ship"),
        ("Order.objects.filter(pk=1).ship", None),
        ("Order.objects.get_or_create(pk=1).ship", None),
        ("Order.rows.get(pk=1).ship", None),
        ("orders.objects.get(pk=1).ship", None),
        ("either_class()().ship", None),
        ("looped.ship", "ship"),
        ("kept.ship", "ship"),
        ("paired.ship", None),
        ("valued.ship", None),
        ("rebound.ship", None),
    ],
)
def test_rows_of_models_and_classes_that_functions_return(tmp_path: Path, expression: str, name: str | None) -> None:
    project = make(
        tmp_path,
        {
            "proj/__init__.py": "",
            "proj/a.py": f"""
            import celery
            from django.db import models

            class Order(models.Model):
                def ship(self): ...

            class Other:
                def ship(self): ...

            def made():
                order = Order.objects.get(pk=1)
                return order

            def handler_class():
                if celery:
                    return Order
                return Order

            def either_class():
                if celery:
                    return Order
                return Other

            def use():
                orders = Order.objects.exclude(pk=1)
                for looped in Order.objects.filter(pk=1).iterator(): ...
                for kept in orders: ...
                for number, paired in enumerate(orders): ...
                for valued in orders.values_list("pk"): ...
                for rebound in orders:
                    rebound = Other()
                {expression}()
            """,
        },
    )
    module = project.module("proj/a.py")
    assert module is not None
    use = module.scope("use")
    assert use is not None
    function = project.function(use, next(call.func for call in use.calls if call.attr == "ship"))
    assert (function.name if function is not None else None) == name

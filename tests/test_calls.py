"""Who calls a function, as far as the project shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.model import Scope
from flake8_celery.project import Project
from tests.projects import make


def scope(project: Project, path: str, qualname: str) -> Scope:
    module = project.module(path)
    assert module is not None
    found = module.scope(qualname)
    assert found is not None
    return found


def callers(project: Project, path: str, qualname: str) -> list[str]:
    found = project.callers(scope(project, path, qualname))
    return [f"{project.where(s, c.span)} {s.qualname}" for s, c in found]


TASKS = """
from celery import shared_task

@shared_task
def ship(order_id): ...

def notify(order_id):
    ship.delay(order_id)
"""


def test_callers_through_imports_and_aliases(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/tasks.py": TASKS,
            "shop/a.py": """
            from celery import signature
            from shop.tasks import notify
            from shop import tasks
            from shop.tasks import notify as announce

            notify(1)

            def f():
                tasks.notify(2)
                announce(3)
                later(notify)
                other.notify(4)
            """,
            "shop/tests/test_a.py": "from celery import signature\nfrom shop.tasks import notify\nnotify(1)\n",
        },
    )
    assert callers(project, "shop/tasks.py", "notify") == ["shop/a.py:10 f", "shop/a.py:6 ", "shop/a.py:9 f"]


def test_callers_in_files_that_open_transactions(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/notify.py": TASKS,
            "shop/views.py": """
            from django.db import transaction
            from shop.notify import notify

            def pay(request):
                with transaction.atomic():
                    notify(1)
            """,
            "shop/plain.py": "from shop.notify import notify\n\ndef f():\n    notify(1)\n",
        },
    )
    assert callers(project, "shop/notify.py", "notify") == ["shop/plain.py:4 f", "shop/views.py:6 pay"]
    assert [m.path for m in project.calling] == ["shop/notify.py", "shop/views.py"]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("Base.run", ["f", "f"]),
        ("Base.step", ["Base.run"]),
        ("Sub.step", ["Base.run"]),
        ("Sub.elsewhere", ["Base.run"]),
        ("Own.step", ["Own.run"]),
        ("Own.elsewhere", []),
        ("Sub.__init__", ["f"]),
        ("Sub.made", ["f"]),
    ],
)
def test_callers_of_methods(tmp_path: Path, method: str, expected: list[str]) -> None:
    project = make(
        tmp_path,
        {
            "a.py": """
            from celery import shared_task

            class Base:
                def run(self):
                    self.step()
                    self.elsewhere()
                def step(self): ...

            class Sub(Base):
                def __init__(self): ...
                def step(self): ...
                def elsewhere(self): ...
                @classmethod
                def made(cls): ...

            class Own(Base):
                def step(self): ...
                def elsewhere(self): ...
                def run(self):
                    # the way of the base class is not taken
                    self.step()

            def f():
                Sub().run()
                Base().run()
                Sub.made()
            """
        },
    )
    assert [s.qualname for s, _ in project.callers(scope(project, "a.py", method))] == expected


def test_routes_are_the_shortest_and_end_with_cycles(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "a.py": """
            from celery import shared_task

            def a():
                b()
                c()
            def b():
                c()
            def c():
                d()
            def d():
                a()
            """
        },
    )
    found = [(r.scope.name, [c.attr for _, c in r.calls]) for r in project.calls.routes(scope(project, "a.py", "d"))]
    assert found == [("d", []), ("c", ["d"]), ("a", ["c", "d"]), ("b", ["c", "d"])]


def test_nested_functions_are_called_lambdas_are_not(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "a.py": """
            from celery import shared_task

            def f():
                def inner(): ...
                def handed(): ...
                inner()
                on_commit(handed)
                on_commit(lambda: other())
            def other(): ...
            """
        },
    )
    assert callers(project, "a.py", "f.inner") == ["a.py:6 f"]
    assert callers(project, "a.py", "f.handed") == []
    assert [s.kind for s, _ in project.callers(scope(project, "a.py", "other"))] == ["lambda"]
    module = project.module("a.py")
    assert module is not None
    assert project.callers(next(s for s in module.scopes if s.kind == "lambda")) == ()


@pytest.mark.parametrize(
    ("decorator", "deferred"),
    [
        ("@on_transaction_commit", True),
        ("@after", True),
        ("@delayed(5)", True),
        ("@sync_to_async", True),
        ("@logged", False),
        ("@shared_task", False),
    ],
)
def test_functions_that_are_run_later_are_not_called(tmp_path: Path, decorator: str, deferred: bool) -> None:
    project = make(
        tmp_path,
        {
            "a.py": f"""
            from asgiref.sync import sync_to_async
            from celery import shared_task
            from common import delayed, on_transaction_commit

            def after(function):
                def inner(*args):
                    transaction.on_commit(lambda: function(*args))
                return inner

            def logged(function):
                def inner(*args):
                    return function(*args)
                return inner

            {decorator}
            def f(): ...

            def g():
                f()
            """
        },
    )
    assert project.calls.deferred(scope(project, "a.py", "f")) is deferred
    assert callers(project, "a.py", "f") == ([] if deferred else ["a.py:19 g"])


MUTATIONS = """
from celery import shared_task

@shared_task
def ship(order_id): ...

class Base:
    def perform(self):
        self.after()

    def after(self): ...

class Order(Base):
    def after(self):
        ship.delay(1)

class Rush(Order):
    def perform(self):
        super().perform()

class Page(Base):
    def perform(self):
        super().perform()

    def again(self):
        self.perform()

def of_orders():
    Order().perform()

def of_pages():
    Page().perform()

def of_any(mutation):
    mutation.perform()
"""


def test_routes_lead_to_methods_of_the_same_object(tmp_path: Path) -> None:
    """What a base class calls on itself is the method of that class which the object has, not of one beside it."""
    project = make(tmp_path, {"mutations.py": MUTATIONS})
    routes = project.calls.routes(scope(project, "mutations.py", "Order.after"))
    assert [route.scope.qualname for route in routes] == [
        "Order.after", "Base.perform", "Rush.perform", "of_orders",
    ]  # fmt: skip
    routes = project.calls.routes(scope(project, "mutations.py", "Base.perform"))
    found = {route.scope.qualname for route in routes}
    assert {"Page.perform", "Page.again", "Rush.perform", "of_orders", "of_pages"} <= found

"""Which calls run inside a transaction."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from flake8_celery.project import Project
from tests.projects import make

HEAD = """
from contextlib import contextmanager
from functools import wraps
from celery import shared_task
from django.db import connection, transaction
from django.utils.decorators import method_decorator
from shop.models import Order
"""


def around(project: Project, path: str = "a.py", name: str = "send") -> list[str]:
    """The label of the transaction of each call of `name`, with the names of the calls that lead there."""
    module = project.module(path)
    assert module is not None
    found = []
    for scope in module.scopes:
        for call in scope.calls:
            if call.attr == name and call.use != "decorator":
                transaction = project.in_transaction(scope, call)
                if transaction is None:
                    found.append("")
                else:
                    found.append(" ".join([transaction.opened.label, *(c.attr or "" for _, c in transaction.calls)]))
    return found


def of(tmp_path: Path, code: str, **files: str) -> list[str]:
    return around(make(tmp_path, {"a.py": HEAD + dedent(code), **files}))


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("with transaction.atomic():\n send()", "`transaction.atomic()`"),
        ("with transaction.atomic(using='x', durable=True):\n if x:\n  send()", "`transaction.atomic()`"),
        ("from django.db.transaction import atomic as tx\nwith open(p), tx():\n send()", "`tx()`"),
        ("with transaction.atomic():\n pass\nsend()", ""),
        ("with transaction.atomic():\n on_commit(lambda: send())", ""),
        ("with transaction.atomic():\n def f():\n  send()\n on_commit(f)", ""),
        ("with transaction.atomic():\n def f():\n  send()\n f()", "`transaction.atomic()` f"),
        ("with transaction.savepoint():\n send()", ""),
        ("with atomic():\n send()", ""),
        ("with lock.begin():\n send()", ""),
        ("@transaction.atomic\ndef f():\n send()", "`@transaction.atomic`"),
        ("@transaction.atomic(using='x')\ndef f():\n send()", "`@transaction.atomic()`"),
        ("@cached\n@transaction.atomic\ndef f():\n send()", "`@transaction.atomic`"),
        ("@atomic\ndef f():\n send()", ""),
        ("class A:\n @method_decorator(transaction.atomic)\n def f(self):\n  send()",
         "`@method_decorator(transaction.atomic)`"),
        ("@method_decorator(transaction.atomic, name='dispatch')\nclass A:\n def get(self):\n  send()",
         "`@method_decorator(transaction.atomic)`"),
        ("@method_decorator(transaction.atomic, name='post')\nclass A:\n def get(self):\n  send()", ""),
        ("@method_decorator(cached, name='dispatch')\nclass A:\n def get(self):\n  send()", ""),
    ],
)  # fmt: skip
def test_django(tmp_path: Path, code: str, label: str) -> None:
    assert of(tmp_path, code) == [label]


@pytest.mark.parametrize(
    ("code", "using"),
    [
        ("with transaction.atomic():\n send()", "default"),
        ("with transaction.atomic(None):\n send()", "default"),
        ("with transaction.atomic('x'):\n send()", "x"),
        ("X = 'x'\nwith transaction.atomic(using=X, durable=True):\n send()", "x"),
        ("with transaction.atomic(using=alias()):\n send()", None),
        ("with transaction.atomic(**options):\n send()", None),
        ("def tx():\n return transaction.atomic(using='x')\nwith tx():\n send()", None),
        ("@contextmanager\ndef tx():\n with transaction.atomic('x'):\n  yield\nwith tx():\n send()", "x"),
        ("@transaction.atomic\ndef f():\n send()", "default"),
        ("@transaction.atomic(using='x')\ndef f():\n send()", "x"),
        ("tx = transaction.atomic(using='x')\n@tx\ndef f():\n send()", None),
        ("@method_decorator(transaction.atomic('x'), name='dispatch')\nclass A:\n def get(self):\n  send()", "x"),
        (("def tx(f):\n @wraps(f)\n def g():\n  with transaction.atomic('x'):\n   f()\n return g\n"
          "@tx\ndef f():\n send()"), "x"),
        ("def f():\n Order.objects.select_for_update().get()\n send()", "default"),
    ],
)  # fmt: skip
def test_database(tmp_path: Path, code: str, using: str | None) -> None:
    project = make(tmp_path, {"a.py": HEAD + dedent(code)})
    module = project.module("a.py")
    assert module is not None
    (found,) = [
        project.in_transaction(scope, call) for scope in module.scopes for call in scope.calls if call.attr == "send"
    ]
    assert found is not None
    assert found.opened.using == using


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("with session.begin():\n send()", "`session.begin()`"),
        ("async def f(s: AsyncSession):\n async with s.begin():\n  send()", "`s.begin()`"),
        ("with db.session.begin_nested():\n send()", "`db.session.begin_nested()`"),
        ("Local = sessionmaker(engine)\nwith Local.begin() as s:\n send()", "`Local.begin()`"),
        ("engine = create_engine(url)\nwith engine.begin() as c:\n send()", "`engine.begin()`"),
        ("with session.begin() as s:\n s.commit()\n send()", ""),
        ("with Session() as session, session.begin():\n send()", "`session.begin()`"),
        ("with Session() as session:\n send()", ""),
        ("with span.begin():\n send()", ""),
        (("@contextmanager\ndef scope():\n s = Session()\n yield s\n s.commit()\n"
         "with scope() as s:\n send()"), "`scope()`"),
        (("@contextmanager\ndef scope():\n s = Session()\n yield s\n s.commit()\n"
         "with scope() as s:\n s.commit()\n send()"), ""),
        (("@contextmanager\ndef scope():\n s = Session()\n yield s\n s.close()\n"
         "with scope() as s:\n send()"), ""),
        ("def f(s):\n send()\nwith session.begin():\n f(session)", "`session.begin()` f"),
        ("def f(s):\n s.commit()\n send()\nwith session.begin():\n f(session)", ""),
    ],
)  # fmt: skip
def test_sqlalchemy(tmp_path: Path, code: str, label: str) -> None:
    head = """
    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session, sessionmaker
    """
    assert of(tmp_path, dedent(head) + code) == [label]


@pytest.mark.parametrize(
    ("code", "label"),
    [
        (("@contextmanager\ndef traced():\n with span(), transaction.atomic():\n  yield\n"
         "with traced():\n send()"), "`traced()`"),
        (("@contextmanager\ndef traced():\n with span():\n  yield\n with transaction.atomic():\n  log()\n"
         "with traced():\n send()"), ""),
        ("def tx():\n return transaction.atomic(using='x')\nwith tx():\n send()", "`tx()`"),
        (("def tx(f):\n @wraps(f)\n def inner(*a):\n  with transaction.atomic():\n   return f(*a)\n"
         " return inner\n@tx\ndef g():\n send()"), "`@tx`"),
        (("def tx(using):\n def outer(f):\n  @transaction.atomic\n  def inner(*a):\n   return f(*a)\n"
         "  return inner\n return outer\n@tx('x')\ndef g():\n send()"), "`@tx()`"),
        (("def tx(f):\n def inner(*a):\n  with transaction.atomic():\n   log()\n  return f(*a)\n"
         " return inner\n@tx\ndef g():\n send()"), ""),
    ],
)  # fmt: skip
def test_own_helpers(tmp_path: Path, code: str, label: str) -> None:
    assert of(tmp_path, code) == [label]


MAIL = "class Mail:\n def post(self):\n  if self.pk:\n   send()\n"
MAKE = f"{MAIL}def make(to, commit=True):\n mail = Mail(to=to)\n if commit:\n  mail.save()\n mail.post()\n"


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("def f():\n send()\ndef g():\n f()\n@transaction.atomic\ndef h():\n g()", "`@transaction.atomic` g f"),
        ("def f():\n send()\ndef g():\n f()", ""),
        ("def f():\n send()\n@transaction.atomic\ndef g():\n transaction.on_commit(f)", ""),
        ("def f():\n send()\n@transaction.atomic\ndef g():\n transaction.on_commit(lambda: f())", ""),
        (("class A:\n def f(self):\n  send()\n def g(self):\n  with transaction.atomic():\n"
         "   self.f()"), "`transaction.atomic()` f"),
        (("class A:\n def run(self):\n  with transaction.atomic():\n   self.f()\n"
         "class B(A):\n def f(self):\n  send()"), "`transaction.atomic()` f"),
        (("def f():\n if connection.in_atomic_block:\n  transaction.on_commit(lambda: 0)\n else:\n  send()\n"
         "@transaction.atomic\ndef g():\n f()"), ""),
        ("def f():\n order = Order.objects.select_for_update().get(pk=1)\n send()",
         "the transaction that `select_for_update()` needs"),
        (("def f():\n with transaction.atomic():\n  order = Order.objects.select_for_update().get(pk=1)\n"
         " send()"), ""),
        ("def f():\n orders = Order.objects.select_for_update()\n send()\n return orders", ""),
        (f"{MAIL}def f():\n with transaction.atomic():\n  mail = Mail.objects.get(pk=1)\n  mail.post()",
         "`transaction.atomic()` post"),
        (f"{MAIL}def f():\n with transaction.atomic():\n  mail = Mail.objects.create(to=1)\n  mail.post()",
         "`transaction.atomic()` post"),
        (f"{MAIL}def f():\n with transaction.atomic():\n  mail = Mail(to=1)\n  mail.save()\n  mail.post()",
         "`transaction.atomic()` post"),
        (f"{MAIL}def f():\n with transaction.atomic():\n  mail = Mail(pk=1)\n  mail.post()",
         "`transaction.atomic()` post"),
        (f"{MAIL}def f():\n with transaction.atomic():\n  mail = Mail(to=1)\n  mail.post()", ""),
        (f"{MAIL}def f():\n with transaction.atomic():\n  mail = Mail(to=1)\n  store(mail)\n  mail.post()",
         "`transaction.atomic()` post"),
        (f"{MAKE}@transaction.atomic\ndef f():\n make(1, commit=False)", ""),
        (f"{MAKE}@transaction.atomic\ndef f():\n make(1)", "`@transaction.atomic` make post"),
        ((f"{MAKE}@transaction.atomic\ndef f():\n make(1, commit=False)\n"
          "def g():\n with transaction.atomic():\n  make(1)"), "`transaction.atomic()` make post"),
        (("class A:\n def save(self):\n  if self.is_new:\n   send()\n"
         "def f():\n with transaction.atomic():\n  a = A.objects.get(pk=1)\n  a.save()"), ""),
        (("class A:\n def save(self):\n  if self.is_new:\n   send()\n"
         "def f():\n with transaction.atomic():\n  for a in A.objects.all():\n   a.save()"), ""),
        (("class A:\n def save(self):\n  if self.is_new:\n   send()\n"
         "def f():\n with transaction.atomic():\n  a = A()\n  a.save()"), "`transaction.atomic()` save"),
    ],
)  # fmt: skip
def test_callers(tmp_path: Path, code: str, label: str) -> None:
    assert of(tmp_path, code) == [label]


def test_callers_in_another_file(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/notify.py": "from celery import shared_task\ndef notify():\n send()\n",
            "shop/views.py": """
            from django.db import transaction
            from .notify import notify
            def pay(request):
                with transaction.atomic():
                    notify()
            """,
        },
    )
    assert around(project, "shop/notify.py") == ["`transaction.atomic()` notify"]
    module = project.module("shop/notify.py")
    assert module is not None
    function = module.scope("notify")
    assert function is not None
    found = project.in_transaction(function, function.calls[0])
    assert found is not None
    assert (found.scope.module.path, found.opened.span.line) == ("shop/views.py", 4)


@pytest.mark.parametrize(
    ("cls", "method", "label"),
    [
        ("admin.ModelAdmin", "save_model", "the transaction of the admin's form"),
        ("ImportExportModelAdmin", "save_related", "the transaction of the admin's form"),
        ("admin.ModelAdmin", "delete_queryset", ""),
        ("admin.ModelAdmin", "ship_orders", ""),
        ("Base", "save_model", ""),
    ],
)
def test_admin(tmp_path: Path, cls: str, method: str, label: str) -> None:
    code = f"""
    from django.contrib import admin
    from import_export.admin import ImportExportModelAdmin
    class Base: ...
    class OrderAdmin({cls}):
        def {method}(self, request, obj, form, change):
            send()
    """
    assert of(tmp_path, code) == [label]


@pytest.mark.parametrize(
    ("setting", "view", "expected"),
    [
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}", "def pay(request): send()", True),
        ("DATABASES = {'default': env.db()}\nDATABASES['default']['ATOMIC_REQUESTS'] = True",
         "class Pay(View):\n def post(self, request): send()", True),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}",
         "class Pay(ModelViewSet):\n def perform_create(self, serializer): send()", True),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}",
         "@transaction.non_atomic_requests\ndef pay(request): send()", False),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}",
         ("@method_decorator(transaction.non_atomic_requests, name='dispatch')\n"
         "class Pay(View):\n def post(self, request): send()"), False),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}", "def helper(order): send()", False),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}",
         "class Pay(Helper):\n def post(self, request): send()", False),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': False}}", "def pay(request): send()", False),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': env.bool('ATOMIC')}}", "def pay(request): send()", False),
        ("DATABASES = {'default': {}}", "def pay(request): send()", False),
    ],
)  # fmt: skip
def test_atomic_requests(tmp_path: Path, setting: str, view: str, expected: bool) -> None:
    head = "from django.views import View\nfrom rest_framework.viewsets import ModelViewSet\n"
    project = make(tmp_path, {"shop/settings.py": setting + "\n", "shop/views.py": HEAD + head + view + "\n"})
    label = "the transaction of the request (`ATOMIC_REQUESTS`)"
    assert around(project, "shop/views.py") == [label if expected else ""]


PYRAMID = "the transaction of the request (`pyramid_tm`)"
TM = "def main(config):\n config.include('pyramid_tm')\n"


@pytest.mark.parametrize(
    ("app", "view", "label", "written"),
    [
        (TM, "@view_config(route_name='pay')\ndef pay(request):\n request.db.add(Order())\n send()", PYRAMID, True),
        (TM, "@view_config(route_name='pay')\ndef pay(request):\n work(request)\n send()", PYRAMID, False),
        (TM, "@view_config(route_name='pay')\ndef pay(request):\n seen.add(1)\n send()", PYRAMID, False),
        (TM, "class Pay:\n @view(renderer='json')\n def post(self):\n  self.request.db.flush()\n  send()",
         PYRAMID, True),
        (TM, "@orders.post()\ndef pay(request):\n DBSession.merge(Order())\n send()", PYRAMID, True),
        (TM, "def notify():\n send()\n@orders.post()\ndef pay(request):\n request.db.flush()\n notify()",
         f"{PYRAMID} notify", True),
        (TM, "@view_config()\ndef pay(request):\n request.db.flush()\n request.tm.commit()\n send()", "", None),
        (TM, "def pay(request):\n request.db.flush()\n send()", "", None),
        (TM, "@cached\ndef pay(request):\n request.db.flush()\n send()", "", None),
        ("", "@view_config()\ndef pay(request):\n request.db.flush()\n send()", "", None),
        (f"{TM}settings = {{'tm.activate_hook': activate}}\n", "@view_config()\ndef pay(request):\n send()", "", None),
        (f"{TM} config.add_settings({{'tm.activate_hook': 'a.b'}})\n", "@view_config()\ndef pay(request):\n send()",
         "", None),
    ],
)  # fmt: skip
def test_pyramid(tmp_path: Path, app: str, view: str, label: str, written: bool | None) -> None:
    head = (
        "from cornice import Service\nfrom cornice.resource import view\nfrom functools import cache as cached\n"
        "from pyramid.view import view_config\norders = Service(name='orders', path='/orders')\n"
    )
    project = make(tmp_path, {"app.py": app, "a.py": HEAD + head + view})
    assert around(project) == [label]
    module = project.module("a.py")
    assert module is not None
    for scope in module.scopes:
        for call in scope.calls:
            transaction = project.in_transaction(scope, call) if call.attr == "send" else None
            if transaction is not None:
                assert project.transactions.may_write(transaction, scope, call) is written


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("with transaction.atomic():\n if settings.CELERY_TASK_ALWAYS_EAGER:\n  send()", ""),
        ("with transaction.atomic():\n if x:\n  send()\n else:\n  on_commit(f)", ""),
        ("with transaction.atomic():\n if x:\n  on_commit(f)\n else:\n  send()", ""),
        ("with transaction.atomic():\n if x:\n  on_commit(f)\n if y:\n  send()", "`transaction.atomic()`"),
        ("def f():\n send()\n@transaction.atomic\ndef g():\n if x:\n  f()\n else:\n  on_commit(f)", ""),
        ("with transaction.atomic(using='replica'):\n send()", ""),
        ("with transaction.atomic(using=settings.REPLICA_NAME):\n send()", ""),
    ],
)
def test_conditions(tmp_path: Path, code: str, label: str) -> None:
    assert of(tmp_path, code) == [label]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("with transaction.atomic():\n order.save()\n send()", True),
        ("with transaction.atomic():\n send()\n order.save()", True),
        ("with transaction.atomic():\n send()\norder.save()", False),
        ("with transaction.atomic():\n work(order)\n send()", True),
        ("with transaction.atomic():\n order = Order.objects.get(pk=1)\n send()", False),
        ("with transaction.atomic():\n if x:\n  order.save()\n else:\n  send()", False),
        ("with transaction.atomic():\n if x:\n  order.save()\n if y:\n  send()", True),
        ("with transaction.atomic():\n settings.update({'a': 1})\n send()", False),
        ("with transaction.atomic():\n orders.update(a=1)\n send()", True),
        ("@transaction.atomic\ndef f():\n if x:\n  with lock:\n   order.save()\n   return\n send()", False),
        ("@transaction.atomic\ndef f():\n if x:\n  order.save()\n  return\n send()", False),
        ("@transaction.atomic\ndef f():\n if x:\n  order.save()\n send()", True),
        ("with transaction.atomic():\n seen = set()\n seen.add(1)\n logger.info('x')\n send()", False),
        (("def check(): return read()\ndef read(): return Order.objects.first()\n"
         "def f():\n check()\n with transaction.atomic():\n  send()"), False),
        (("def work(): return read()\ndef read(): return Order.objects.first()\n"
         "with transaction.atomic():\n work()\n send()"), False),
        (("def work(): return write()\ndef write(): return Order.objects.create()\n"
         "with transaction.atomic():\n work()\n send()"), True),
        ("def f():\n send()\n@transaction.atomic\ndef g(order):\n order.save()\n f()", True),
        ("def f():\n send()\n@transaction.atomic\ndef g(order):\n f()", False),
    ],
)  # fmt: skip
def test_what_may_be_written(tmp_path: Path, code: str, expected: bool) -> None:
    project = make(tmp_path, {"a.py": HEAD + dedent(code)})
    module = project.module("a.py")
    assert module is not None
    for scope in module.scopes:
        for call in scope.calls:
            if call.attr == "send":
                transaction = project.in_transaction(scope, call)
                assert transaction is not None
                assert project.transactions.may_write(transaction, scope, call) is expected

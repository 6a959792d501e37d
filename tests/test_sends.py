"""Which calls certainly send something at once, and which expressions are results."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.model import Attr, Name, Scope
from flake8_celery.project import Project
from tests.projects import make

FILES = {
    "shop/__init__.py": "",
    "shop/celery.py": "from celery import Celery\napp = Celery('shop')\n",
    "shop/tasks.py": """
    from shop.celery import app
    @app.task
    def ship(order_id=0): ...
    @app.task
    def pack(order_id=0): ...
    """,
}
HEAD = """
from celery import chain, chord, current_app, group, signature
from celery.result import AsyncResult, GroupResult
from other.tasks import foreign
from shop.celery import app
from shop.tasks import pack, ship
"""


def project_of(tmp_path: Path, code: str) -> tuple[Project, Scope]:
    project = make(tmp_path, {**FILES, "shop/views.py": HEAD + code + "\n"})
    module = project.module("shop/views.py")
    assert module is not None
    return project, module.body


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("ship.delay(1)", "`ship`"),
        ("ship.apply_async((1,))", "`ship`"),
        ("ship.s(1).delay()", "`ship`"),
        ("ship.s(1).set(queue='q').apply_async()", "`ship`"),
        ("ship.s(1)()", "`ship`"),
        ("signature('shop.tasks.ship').delay()", "`shop.tasks.ship`"),
        ("app.send_task('shop.tasks.ship')", "`shop.tasks.ship`"),
        ("current_app.send_task(name)", "a task"),
        ("foreign.delay(1)", "`foreign`"),
        ("group(ship.s(i) for i in x).apply_async()", "the group"),
        ("chain(ship.s(1), pack.s())()", "the chain"),
        ("(ship.s(1) | pack.s()).delay()", "the chain"),
        ("(ship.s(1) | pack.s())()", "the chain"),
        ("chord([ship.s(1)])(pack.s())", "the chord"),
        ("flow = chain(ship.s(1), pack.s())\nflow()", "the chain"),
        ("flow = chain(ship.s(1), pack.s())\nflow.delay()", "the chain"),
        ("ship.delay_on_commit(1)", None),
        ("ship.apply((1,))", None),
        ("ship.s(1)", None),
        ("ship(1)", None),
        ("chain(ship.s(1), pack.s())", None),
        ("job.delay(1)", None),
        ("self.delay(1)", None),
        ("bus.send_task('x')", None),
        ("flow = make()\nflow()", None),
    ],
)
def test_sends(tmp_path: Path, code: str, what: str | None) -> None:
    project, body = project_of(tmp_path, code)
    sent = project.sends(body, body.calls[-1])
    assert (sent.what if sent is not None else None) == what


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("r = ship.delay(1)\nr.get()", "`ship`"),
        ("ship.delay(1).get()", "`ship`"),
        ("r = None\nr = ship.delay(1)\nr.get()", "`ship`"),
        ("r = group(ship.s(1))()\nr.get()", "the group"),
        ("r = AsyncResult(id)\nr.get()", ""),
        ("app.AsyncResult(id).get()", ""),
        ("ship.AsyncResult(id).get()", ""),
        ("GroupResult.restore(id).get()", ""),
        ("ship.apply((1,)).get()", "eager"),
        ("[r.get() for r in [ship.delay(i) for i in x]]", "`ship`"),
        ("rs = [ship.delay(i) for i in x]\nfor r in rs:\n    r.get()", "`ship`"),
        ("def start():\n    return ship.delay(1)\nstart().get()", "`ship`"),
        ("rs = {i: ship.delay(i) for i in x}\nfor i, r in list(rs.items()):\n    r.get()", "`ship`"),
        ("rs = {i: ship.delay(i) for i in x}\nfor r in rs.values():\n    r.get()", "`ship`"),
        ("rs = {}\nfor i in x:\n    rs[i] = ship.delay(i)\nrs[0].get()", "`ship`"),
        ("rs = {1: ship.delay(1), 2: pack.delay(2)}\n[r.get() for _, r in sorted(rs.items())]", "`ship`"),
        ("rs = []\nfor i in x:\n    rs.append(ship.delay(i))\nfor r in reversed(rs):\n    r.get()", "`ship`"),
        ("rs = [ship.delay(i) for i in x]\nfor i, r in enumerate(rs):\n    r.get()", "`ship`"),
        ("rs = [ship.delay(i) for i in x]\nfor i, r in zip(x, rs):\n    r.get()", "`ship`"),
        ("rs = [ship.delay(i) for i in x]\nrs[0].get()", "`ship`"),
        ("rs = {i: ship.delay(i) for i in x}\nrs.get(1)", None),
        ("rs = {i: ship.delay(i) for i in x}\nfor r, _ in rs.items():\n    r.get()", None),
        ("rs = {i: ship.delay(i) for i in x}\nfor r in rs:\n    r.get()", None),
        ("rs = {i: ship.delay(i) for i in x}\nrs.update(more)\nrs[0].get()", None),
        ("rs = {i: ship.delay(i) for i in x}\nrs[1] = cache\nrs[0].get()", None),
        ("rs = {}\nrs[0].get()", None),
        ("rs = []\nrs.append(ship.delay(1))\nrs.append(cache)\nrs[0].get()", None),
        ("rs = []\nrs.append(ship.delay(1))\nrs.extend(more)\nrs[0].get()", None),
        ("rs = [cache]\nrs.append(ship.delay(1))\nrs[0].get()", None),
        ("rs = more\nrs.append(ship.delay(1))\nrs[0].get()", None),
        ("for a, r in x.items():\n    r.get()", None),
        ("for a, r in zip(*x):\n    r.get()", None),
        ("for a, b, r in x:\n    r.get()", None),
        ("r = ship.delay(1) if x else cache\nr.get()", None),
        ("r = ship.delay(1)\nr = cache\nr.get()", None),
        ("r = {}\nr.get()", None),
        ("for r in things:\n    r.get()", None),
        ("cache.get()", None),
        ("r = [r for r in r]\nr = [r for r in r]\nr = [r for r in r]\nr.get()", None),
        ("r = s\ns = r\nr.get()", None),
        ("def f():\n    return g()\ndef g():\n    return f()\nf().get()", None),
    ],
)
def test_results(tmp_path: Path, code: str, expected: str | None) -> None:
    project, body = project_of(tmp_path, code)
    call = next(c for c in body.calls if c.attr == "get")
    assert isinstance(call.func, Attr)
    found = project.result(body, call.func.base)
    if found is None:
        assert expected is None
    elif found.eager:
        assert expected == "eager"
    else:
        assert (found.sent.what if found.sent is not None else "") == expected


def test_results_of_enclosing_functions_and_parameters(tmp_path: Path) -> None:
    code = "def f(r):\n    result = ship.delay()\n    def g(): ...\n    return result"
    project, body = project_of(tmp_path, code)
    f, g = (next(s for s in body.module.scopes if s.name == name) for name in "fg")
    assert project.result(g, Name("result")) is not None
    assert project.result(f, Name("r")) is None

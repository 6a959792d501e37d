"""The prefilter loses no finding: every file parsed, the same is found."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery import lint, source
from flake8_celery.rule import pages_folder
from tests.pages import Case, cases
from tests.projects import write

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
BAD = [case for page in sorted(pages_folder().glob("CEL*.md")) for case in cases(page) if case.bad]
EXAMPLES = sorted(p for p in (ROOT / "examples").glob("*/*") if p.name in ("before", "after"))
PROOFS = sorted(p for p in (ROOT / "examples" / "proofs").glob("*/*") if p.name in ("bad", "good"))


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prefilter", ROOT / "benchmarks" / "prefilter.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["prefilter"] = module
    spec.loader.exec_module(module)
    return module


prefilter = script()


@pytest.mark.parametrize("case", BAD, ids=lambda c: f"{c.page}-{c.title}")
def test_what_pages_show_is_found_behind_the_prefilter(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    (tmp_path / "setup.cfg").touch()
    for path in tmp_path.rglob("setup.py"):
        (path.parent / "__init__.py").touch()  # else its folder is a project of its own
    linter = lint.Linter(lint.Selection(select=(case.page,)), use_cache=False)
    found = [diagnostic for path in linter.python_files([tmp_path]) for diagnostic in linter.lint_file(path)]
    found += linter.lint_deployment(tmp_path)[0]
    lines = {(Path(diagnostic.path).relative_to(tmp_path).as_posix(), diagnostic.span.line) for diagnostic in found}
    assert lines == case.expected


@pytest.mark.parametrize("project", PROOFS, ids=lambda p: "-".join(p.parts[-2:]))
def test_the_proofs_have_the_same_findings_when_every_file_is_parsed(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "proof")
    (tmp_path / "proof" / "setup.cfg").touch()
    usual, full = prefilter.compare(tmp_path / "proof")
    assert usual == full


@pytest.mark.parametrize("project", EXAMPLES, ids=lambda p: "-".join(p.parts[-2:]))
def test_the_examples_have_the_same_findings_when_every_file_is_parsed(project: Path) -> None:
    usual, full = prefilter.compare(project)
    assert usual == full
    assert usual  # of the policies in any case


BETWEEN = {
    "setup.cfg": "",
    "shop/__init__.py": "from .notices import notify\n",
    "shop/celery.py": "from celery import Celery\n\napp = Celery('shop', broker='redis://')\n",
    "shop/tasks.py": "from shop.celery import app\n\n\n@app.task(time_limit=9)\ndef ship(order):\n    pass\n",
    "shop/working.py": "class Working:\n    def run(self, order):\n        self.work(order)\n",
    "shop/units.py": (
        "from contextlib import contextmanager\n\nfrom django.db import transaction\n\n\n"
        "@contextmanager\ndef unit():\n    with transaction.atomic():\n        yield\n"
    ),
    "shop/notices.py": (
        "from shop.tasks import ship\nfrom shop.working import Working\n\n\n"
        "def notify(order):\n    ship.delay(order)\n\n\n"
        "class Notice:\n    def tell(self, order):\n        ship.delay(order)\n\n"
        "    @classmethod\n    def told(cls, order):\n        ship.delay(order)\n\n\n"
        "class Loud(Notice):\n    pass\n\n\n"
        "class Made:\n    def __init__(self, order):\n        ship.delay(order)\n\n\n"
        "class Work(Working):\n    def work(self, order):\n        ship.delay(order)\n"
    ),
    "shop/views.py": (
        "from django.db import transaction\nfrom shop.between import onward\n\n\n"
        "@transaction.atomic\ndef confirm(order):\n    order.save()\n    onward(order)\n"
    ),
}
"""`views.py` opens a transaction, `notices.py` sends: between them is a file without a word of Celery."""


WAYS = [
    ("from shop.notices import notify", "notify(order)"),
    ("from .notices import notify as say", "say(order)"),
    ("from shop.notices import (\n    # why\n    notify,\n)", "notify(order)"),
    ("from shop.notices import *", "notify(order)"),
    ("from shop import notify", "notify(order)"),
    ("from . import notify", "notify(order)"),
    ("from . import notices", "notices.notify(order)"),
    ("import shop.notices", "shop.notices.notify(order)"),
    ("import os, shop.notices as n", "n . notify (order)"),
    ("from shop.notices import Notice", "Notice().tell(order)"),
    ("from shop.notices import Notice", "Notice.told(order)"),
    ("from shop import notices", "notices.Notice.told(order)"),
    ("from shop.notices import Loud", "Loud().tell(order)"),
    ("from shop.notices import Made", "Made(order)"),
    ("from shop import notices", "notices.Made(order)"),
    ("from shop.notices import Work", "Work().run(order)"),
    ("from shop.further import further", "further(order)"),
    (
        "from shop.notices import notify\nfrom shop.units import unit",
        "with unit():\n        order.save()\n        notify(order)",
    ),
]
"""How a file imports what sends, and how a function in it calls that."""


@pytest.mark.parametrize(("imports", "body"), WAYS)
def test_what_is_between_a_transaction_and_what_is_sent_in_it(imports: str, body: str, tmp_path: Path) -> None:
    files = {
        **BETWEEN,
        "shop/between.py": f"{imports}\n\n\ndef onward(order):\n    {body}\n",
        "shop/further.py": "from shop.notices import notify\n\n\ndef further(order):\n    notify(order)\n",
    }
    write(tmp_path, files)
    usual, full = prefilter.compare(tmp_path)
    assert usual == full
    assert "CEL503" in {finding.code for finding in usual}


@given(ways=st.lists(st.sampled_from(WAYS), min_size=1, max_size=3), order=st.permutations(range(3)))
@settings(max_examples=40, deadline=None)
def test_whatever_is_between_them(
    ways: list[tuple[str, str]], order: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A chain of files of which each calls what sends, or the next one, and which nobody else knows of."""
    names = ["between", *(f"part{number}" for number in order)]
    files = {**BETWEEN, "shop/further.py": "from shop.notices import notify as further\n"}
    for (imports, body), name, following in zip(ways, names, names[1:], strict=False):
        text = f"{imports}\nfrom shop.{following} import onward as go\n\n\n"
        files[f"shop/{name}.py"] = f"{text}def onward(order):\n    {body}\n    go(order)\n"
    usual, full = prefilter.compare(write(tmp_path_factory.mktemp("shop"), files))
    assert usual == full


def test_the_comparison_notices_what_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "setup.cfg").touch()
    text = "from celery import Celery\n\napp = Celery('proj', broker='redis://')\n\n\n"
    (tmp_path / "tasks.py").write_text(f"{text}@app.task\ndef pay():\n    print('paid')\n")
    usual, full = prefilter.compare(tmp_path)
    assert usual == full
    assert {"CEL208"} <= {finding.code for finding in usual}
    for user in (source, lint, prefilter.index):
        monkeypatch.setattr(user, "concerns_celery", lambda _data: False)
    blind, full = prefilter.compare(tmp_path)
    assert not blind
    assert full == usual


def test_afterwards_the_prefilter_is_the_usual_one() -> None:
    users = [vars(module) for module in (source, lint, prefilter.index)]
    before = [user["concerns_celery"] for user in users]
    with prefilter.every_file():
        assert all(user["concerns_celery"](b"") for user in users)
    assert [user["concerns_celery"] for user in users] == before
    assert not source.concerns_celery(b"")

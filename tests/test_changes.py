"""What is found after some files have changed is what a run without any memory finds, and little is asked for it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery import diagnostics, lint
from flake8_celery.lint import Diagnostic, Linter, Selection
from flake8_celery.model import Module
from flake8_celery.project import Project

from . import runs
from .runs import OLD, place, write

FILES = {
    "setup.cfg": "",
    "Procfile": "worker: celery -A shop worker\n",
    "manage.py": "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "from .celery import app\n",
    "shop/settings.py": (
        "INSTALLED_APPS = ['orders']\nCELERY_BROKER_URL = 'redis://'\nCELERY_TASK_TIME_LIMIT = 60\n"
        "CELERY_TASK_TRACK_START = True\n"
    ),
    "shop/celery.py": (
        "from celery import Celery\n\napp = Celery('shop')\n"
        "app.config_from_object('django.conf:settings', namespace='CELERY')\napp.autodiscover_tasks()\n"
    ),
    "shop/decorators.py": (
        "from celery import shared_task\n\n\ndef job(function):\n    return shared_task(acks_late=True)(function)\n"
    ),
    "shop/names.py": "LIMIT = 30\nOTHER = 4\n",
    "shop/conf.py": "from shop.celery import app\n\napp.conf.update(accept_content=['pickle'])\n",
    "shop/beat.py": (
        "from celery.schedules import crontab\nfrom shop.celery import app\n\nNIGHT = crontab(hour=3)\n"
        "app.conf.beat_schedule = {\n    # every hour\n"
        "    'count': {'task': 'orders.work.count', 'schedule': crontab(minute=5)},\n}\n"
    ),
    "orders/__init__.py": "",
    "orders/models.py": "from django.db import models\n\n\nclass Order(models.Model):\n    paid = 1\n",
    "orders/tasks.py": (
        "import requests\nfrom celery import shared_task\nfrom shop.names import LIMIT\n\n\n"
        "@shared_task(time_limit=LIMIT, soft_time_limit=40)\ndef pay(order_id):\n"
        "    requests.get('https://shop.example')\n    print(order_id)\n"
    ),
    "orders/views.py": (
        "from django.db import transaction\nfrom orders.models import Order\nfrom orders.tasks import pay\n\n\n"
        "def confirm(request):\n    with transaction.atomic():\n        order = Order.objects.create()\n"
        "        pay.delay(order)\n"
    ),
    "orders/plain.py": "VALUE = 1\n\n\ndef total(x):\n    return x + VALUE\n",
    "orders/notices.py": "from orders.tasks import pay\n\n\ndef notify(order):\n    pay.delay(order)\n",
    "orders/between.py": (
        "from orders.notices import notify\n\n\ndef close(order):\n    notify(order)\n\n\n"
        "def tally(order):\n    order.count()\n"
    ),
    "orders/beside.py": (
        "from orders import notices\nfrom orders.units import unit\n\n\n"
        "def leave(order):\n    with unit():\n        order.save()\n        notices.skip(order)\n"
    ),
    "orders/units.py": (
        "from contextlib import contextmanager\nfrom django.db import transaction\n\n\n"
        "@contextmanager\ndef unit():\n    with transaction.atomic():\n        yield\n"
    ),
    "orders/closing.py": (
        "from django.db import transaction\nfrom orders.between import close\n\n\n"
        "@transaction.atomic\ndef end(order):\n    close(order)\n"
    ),
    "orders/work.py": "from shop.decorators import job\n\n\n@job\ndef count(x):\n    print(x)\n",
    "tests/test_plain.py": "VALUE = 1\n",
    "tests/test_orders.py": "from orders.tasks import pay\n\n\ndef test_pay():\n    assert pay(1) is None\n",
}
run = partial(runs.run, selection=Selection(extend_select=("CEL9",), ignore=("CEL990",)))
"""CEL990 reads the text of each file that it is asked about, so that no change of that one is harmless."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return place(tmp_path, monkeypatch, FILES)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that rules are asked about; "project" where the project is read."""
    known: list[str] = []
    lint_module, relevant = diagnostics.lint_module, Project.__dict__["modules"].func

    def look(module: Module, project: Project, selection: Selection) -> list[Diagnostic]:
        known.append(module.path)
        return lint_module(module, project, selection)

    def read(project: Project) -> tuple[Module, ...]:
        known.append("project")
        return relevant(project)  # type: ignore[no-any-return]

    monkeypatch.setattr(lint, "lint_module", look)
    monkeypatch.setattr(Project.__dict__["modules"], "func", read)
    return known


ALL = ["all"]
CHANGES: dict[str, tuple[str, str, str, list[str]]] = {
    "a comment": ("orders/tasks.py", "import requests\n", "# why\nimport requests\n", []),
    "a comment behind code": ("orders/tasks.py", "import requests\n", "import requests  # why\n", []),
    "another format": ("orders/tasks.py", "(time_limit=LIMIT, ", "(\n    time_limit=LIMIT,\n    ", []),
    "a constant": ("orders/tasks.py", "\n\n\n@", "\n\nFRESH = (-1, 2)\n\n\n@", []),
    "a constant at the end": ("orders/tasks.py", "print(order_id)\n", "print(order_id)\n\n\nFRESH = 12\n", []),
    "a constant at the end that is named here": ("orders/tasks.py", "order_id)\n", "order_id)\n\n\nLIMIT = 12\n", ALL),
    "a constant at the end of settings": ("shop/settings.py", "START = True\n", "START = True\nFRESH = 12\n", ALL),
    "a setting at the end": ("shop/conf.py", "['pickle'])\n", "['pickle'])\nTASK_TIME_LIMIT = 12\n", ALL),
    "a text": ("orders/tasks.py", "\n\n\n@", "\n\nFRESH = (-1, 'b')\n\n\n@", ["orders/tasks.py"]),
    "a comment where the application is made": ("shop/celery.py", "\n\napp", "\n# why\n\napp", []),
    "another format around what is looked at": ("shop/conf.py", "[", "[  ", []),
    "a comment that was read": ("shop/beat.py", "every hour", "every day", ALL),
    "a comment above one that was read": ("shop/beat.py", "NIGHT", "# why\nNIGHT", []),
    "a comment in settings": (
        "shop/settings.py",
        "CELERY_TASK_TIME",
        "# why\nCELERY_TASK_TIME",
        [],
    ),
    "another format where the text is looked at": ("shop/conf.py", "(accept", "( accept", []),
    "a comment in a file that others name": ("shop/names.py", "LIMIT", "# seconds\nLIMIT", []),
    "a constant that others name": ("shop/names.py", "LIMIT = 30", "LIMIT = 50", ALL),
    "a constant that nobody names": ("shop/names.py", "OTHER = 4", "OTHER = 5", []),
    "a constant that is named here": ("orders/tasks.py", "\n\n\n@", "\n\nFRESH = 1\nmore(FRESH)\n\n\n@", ALL),
    "a setting": ("shop/settings.py", "CELERY_TASK", "CELERY_TASK_SOFT_TIME_LIMIT = 90\nCELERY_TASK", ALL),
    "a value of settings": ("shop/settings.py", "60", "70", ALL),
    "a function": ("orders/tasks.py", "def pay(order_id)", "def pay(order_id, more)", ALL),
    "a body": ("orders/tasks.py", "print(order_id)", "pass", ALL),
    "a plain file": ("orders/plain.py", "x + VALUE", "x - VALUE", []),
    "a plain file that imports more": ("orders/plain.py", "VALUE = 1", "from orders import tasks\n\nVALUE = 1", ALL),
    "a plain file that speaks of Celery": ("orders/plain.py", "VALUE = 1", "from celery import task\n", ALL),
    "a plain file with a house decorator": ("orders/plain.py", "def total", "@job\ndef total", ALL),
    "a plain file that calls what sends": ("orders/beside.py", "skip", "notify", ALL),
    "a plain file that calls something else": ("orders/beside.py", "skip", "leave", []),
    "a plain file that no longer calls what sends": ("orders/between.py", "    notify(order)", "    order()", ALL),
    "a comment in a plain file that calls what sends": ("orders/between.py", "def close", "# why\ndef close", []),
    "a plain file that imports all that sends": (
        "orders/beside.py",
        "from orders.units",
        "from orders.notices import *\nfrom orders.units",
        ALL,
    ),
    "a function that nobody knows": (
        "orders/between.py",
        "def close",
        "def fresh(order):\n    order.pay()\n\n\ndef close",
        [],
    ),
    "a function that nobody knows at the end": (
        "shop/names.py",
        "OTHER = 4",
        "OTHER = 4\n\n\ndef fresh(x):\n    return x + 1",
        [],
    ),
    "a body that nobody knows": ("orders/between.py", "order.count()", "more = order.pay(1)\n    return more", []),
    "a function that nobody knew": ("orders/between.py", "def tally(order):\n    order.count()\n", "", []),
    "a function that calls what sends": (
        "orders/between.py",
        "def close",
        "def fresh(order):\n    notify(order)\n\n\ndef close",
        ALL,
    ),
    "a function with a name that others have": (
        "orders/between.py",
        "def close",
        "def confirm(order):\n    order.pay()\n\n\ndef close",
        ALL,
    ),
    "a function that is called": (
        "orders/between.py",
        "def close",
        "def fresh(order):\n    order.pay()\n\n\nfresh(1)\n\n\ndef close",
        ALL,
    ),
    "a function with a house decorator": (
        "orders/between.py",
        "def close",
        "@job\ndef fresh(order):\n    print(order)\n\n\ndef close",
        ALL,
    ),
    "a function that changes what others read": (
        "shop/names.py",
        "OTHER = 4",
        "OTHER = 4\n\n\ndef fresh(x):\n    LIMIT.append(x)",
        ALL,
    ),
    "a function that assigns what others read": (
        "shop/names.py",
        "OTHER = 4",
        "OTHER = 4\n\n\ndef fresh(x):\n    global LIMIT\n    LIMIT = x",
        ALL,
    ),
    "a function in a file about Celery": (
        "orders/tasks.py",
        "@shared_task",
        "def fresh(order):\n    order.pay()\n\n\n@shared_task",
        ALL,
    ),
    "a plain file that reads a setting": ("orders/plain.py", "x + VALUE", "settings.CELERY_TASK_TIME_LIMIT", ALL),
    "a plain file that turns into a configuration": (
        "orders/plain.py",
        "VALUE = 1",
        "broker_url = 'redis://'\naccept_content = ['pickle']\nVALUE = 1",
        ALL,
    ),
    "a plain file that is broken": ("orders/plain.py", "x + VALUE", "x +", []),
    "a broken file": ("orders/tasks.py", "def pay(", "def pay((", ALL),
    "a test": ("tests/test_orders.py", "pay(1) is None", "pay(2) is None", []),
    "a test that sends": ("tests/test_orders.py", "pay(1) is None", "pay.delay(1, 2, 3)", []),
    "a test that speaks of Celery": ("tests/test_plain.py", "VALUE = 1", "from celery import shared_task", []),
    "a test that reads a setting": ("tests/test_plain.py", "VALUE = 1", "x = settings.CELERY_TASK_TRACK_START", ALL),
    "a file with a house decorator": ("orders/work.py", "print(x)", "pass", ALL),
}


@pytest.mark.parametrize("for_flake8", [False, True], ids=["command", "flake8"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_where_it_matters(shop: Path, asked: list[str], change: str, for_flake8: bool) -> None:
    path, old, new, expected = CHANGES[change]
    first = run(shop, for_flake8=for_flake8)
    assert {d.code for d in first.diagnostics} >= {"CEL301", "CEL403"}
    asked.clear()
    assert run(shop, for_flake8=for_flake8) == first
    assert not asked
    assert old in FILES[path]
    for time, text in enumerate((FILES[path].replace(old, new, 1), FILES[path])):
        write(shop / path, text, OLD + 9 + time)
        asked.clear()
        again = run(shop, for_flake8=for_flake8)
        files = {name for name in asked if name != "project"}
        if expected is ALL:
            assert files >= {"orders/views.py", "shop/celery.py"}, files
        else:
            assert files == set(expected)
        asked.clear()
        assert run(shop, for_flake8=for_flake8) == again
        assert not asked
        assert again == run(shop, use_cache=False, for_flake8=for_flake8)
    assert run(shop, for_flake8=for_flake8) == first


@pytest.mark.parametrize("change", CHANGES)
def test_a_buffer_is_seen_as_it_matters(shop: Path, asked: list[str], change: str) -> None:
    path, old, new, expected = CHANGES[change]
    run(shop)
    data = FILES[path].replace(old, new, 1).encode()
    asked.clear()
    found = runs.lint(shop / path, data, run.keywords["selection"])
    if expected is not ALL and path not in expected:
        assert not asked
    assert found == runs.lint(shop / path, data, run.keywords["selection"], use_cache=False)


def test_a_buffer_after_another_file_was_saved(shop: Path, asked: list[str]) -> None:
    run(shop)
    write(shop / "shop/conf.py", "# why\n" + FILES["shop/conf.py"], OLD + 9)
    data = FILES["orders/tasks.py"].replace("import requests", "import requests  # why").encode()
    asked.clear()
    found = runs.lint(shop / "orders/tasks.py", data, run.keywords["selection"])
    assert not asked
    assert found == runs.lint(shop / "orders/tasks.py", data, run.keywords["selection"], use_cache=False)
    asked.clear()
    again = run(shop)
    assert not asked
    assert again == run(shop, use_cache=False)


def test_a_test_that_can_no_longer_be_read(shop: Path) -> None:
    run(shop)
    (shop / "tests/test_orders.py").write_bytes(b"# \xff\n" + FILES["tests/test_orders.py"].encode())
    found = run(shop)
    assert found.broken
    assert found == run(shop, use_cache=False)


def test_what_is_called_like_a_test_may_be_the_program(shop: Path) -> None:
    for path in ("shop/celery.py", "shop/__init__.py"):
        write(shop / path, "")
    text = "from celery import Celery\n\napp = Celery('shop')\n\n\n@app.task\ndef count(x):\n    print(x)\n"
    write(shop / "test.py", text)
    assert "CEL208" in {d.code for d in run(shop).diagnostics}
    for time, new in enumerate((text.replace("print(x)", "pass"), text, text + "# more\n", "VALUE = 1\n")):
        write(shop / "test.py", new, OLD + 9 + time)
        assert run(shop) == run(shop, use_cache=False)


def test_many_changes_at_once(shop: Path, asked: list[str]) -> None:
    run(shop)
    for path in ("orders/tasks.py", "orders/views.py", "orders/plain.py", "tests/test_orders.py"):
        write(shop / path, FILES[path] + "# more\n", OLD + 9)
    asked.clear()
    again = run(shop)
    assert not asked
    assert again == run(shop, use_cache=False)


def test_findings_without_the_questions_that_led_to_them_hold_for_nothing_new(shop: Path, tmp_path: Path) -> None:
    linter = Linter(Selection(extend_select=("CEL9",)))
    linter.lint_file(shop / "tests/test_orders.py")
    linter.finish()
    (few,) = (tmp_path / "cache").rglob("*.asked.json")
    of_one_file = few.read_bytes()
    run(shop)
    few.write_bytes(of_one_file)  # as a process does that has looked at one file and saves last
    write(shop / "tests/test_plain.py", "x = settings.CELERY_TASK_TRACK_START\n", OLD + 9)
    assert run(shop) == run(shop, use_cache=False)


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_saved_more_than_once_holds_as_well(shop: Path, asked: list[str], count: int) -> None:
    """By one process, and by several at once."""
    linters = [Linter(run.keywords["selection"]) for _ in range(count)]
    for number, path in enumerate(sorted(linters[0].python_files([shop]))):
        linters[number % count].lint_file(path)
        if count == 1:
            linters[0].finish()
    linters[0].lint_deployment(shop)
    for linter in (*linters, *linters):
        linter.finish()
    write(shop / "orders/tasks.py", "# why\n" + FILES["orders/tasks.py"], OLD + 9)
    asked.clear()
    found = run(shop)
    assert not asked
    assert found == run(shop, use_cache=False)


@pytest.mark.parametrize("added", ["# more\n", "FRESH = 1\n"])
def test_facts_that_are_too_deep_to_compare(shop: Path, added: str) -> None:
    text = f"{FILES['orders/tasks.py']}\n\nDEEP = pay{'.name' * 450}\n"
    write(shop / "orders/tasks.py", text)
    run(shop)
    write(shop / "orders/tasks.py", added + text, OLD + 9)
    assert run(shop) == run(shop, use_cache=False)


def test_facts_that_cannot_be_kept_are_no_proof_that_there_are_none(shop: Path) -> None:
    path = "orders/tasks.py"
    text = f"{FILES[path]}\n\nLARGE = 0x{'f' * 5_000}\n"
    write(shop / path, text)
    run(shop)
    write(shop / path, text.replace("pay(order_id)", "pay(order_id, more)"), OLD + 9)
    assert run(shop) == run(shop, use_cache=False)


def test_facts_that_cannot_be_kept_may_name_anything(shop: Path) -> None:
    text = FILES["orders/tasks.py"].replace("LIMIT", "SECONDS")
    write(shop / "orders/tasks.py", f"{text}\n\nLARGE = 0x{'f' * 5_000}\n")
    write(shop / "shop/names.py", "SECONDS = 30\n")
    run(shop)
    write(shop / "shop/names.py", "SECONDS = 50\n", OLD + 9)
    assert run(shop) == run(shop, use_cache=False)


def test_a_file_whose_text_was_read_is_asked_anew(shop: Path, asked: list[str]) -> None:
    every = partial(runs.run, selection=Selection(extend_select=("CEL9",)))
    every(shop)
    write(shop / "orders/tasks.py", FILES["orders/tasks.py"] + "# noqa: CEL208\n", OLD + 9)
    asked.clear()
    found = every(shop)
    assert {name for name in asked if name != "project"} == {"orders/tasks.py"}
    assert "CEL990" in {d.code for d in found.diagnostics}
    assert found == every(shop, use_cache=False)


@pytest.mark.parametrize("path", ["shop/conf.py", "shop/decorators.py"])
def test_what_was_asked_of_one_file_may_change_in_another(shop: Path, asked: list[str], path: str) -> None:
    """Whether a file imports `socket` is asked where a task calls it."""
    text = FILES["orders/tasks.py"].replace("print(order_id)", "decorators.note(order_id)")
    write(shop / "orders/tasks.py", f"from shop import decorators\n{text}")
    write(shop / "shop/conf.py", f"import socket\n{FILES['shop/conf.py']}")
    first = run(shop)
    text = (shop / path).read_text("utf-8") + "'\\\nimport socket'\n"
    for time, more in enumerate(("", "# why\n")):
        asked.clear()
        found = runs.lint(shop / path, (text + more).encode(), run.keywords["selection"])
        assert bool(asked) is (path == "shop/decorators.py" and not time)
        assert found == runs.lint(shop / path, (text + more).encode(), run.keywords["selection"], use_cache=False)
        write(shop / path, text + more, OLD + 9 + time)
        asked.clear()
        assert run(shop) == first
        assert bool(asked) is (path == "shop/decorators.py" and not time)


def test_places_in_other_files_are_followed(shop: Path) -> None:
    write(shop / "shop/celery.py", "from celery import Celery\n\n\napp = Celery('shop')\nother = Celery('other')\n")
    first = run(shop)
    write(
        shop / "shop/celery.py",
        "from celery import Celery\n\n# why\napp = Celery('shop')\nother = Celery('other')\n",
        OLD + 1,
    )
    moved = run(shop)
    assert moved == run(shop, use_cache=False)
    write(
        shop / "shop/celery.py",
        "# why\nfrom celery import Celery\n\n\napp = Celery('shop')\nother = Celery('other')\n",
        OLD + 2,
    )
    assert run(shop) == run(shop, use_cache=False) != first


@pytest.mark.parametrize("name", ["*.asked.json", "*.found.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b'{"state": 1}', b'{"state": "", "found": {"x": {}}}'])
def test_what_is_kept_may_be_broken(shop: Path, tmp_path: Path, name: str, content: bytes) -> None:
    first = run(shop)
    (kept,) = (tmp_path / "cache").rglob(name)
    kept.write_bytes(content)
    write(shop / "orders/plain.py", FILES["orders/plain.py"] + "# more\n", OLD + 9)
    assert run(shop) == first


_SNIPPETS = (
    "# why\n", "\n\n", "'''orders.tasks'''\n", "FRESH = 3\n", "LIMIT = 3\n", "CELERY_TASK_ALWAYS_EAGER = True\n",
    "pay = None\n", "import requests\n", "from orders.tasks import pay as send\n", "pay.apply_async((1,), expires=3)\n",
    "def confirm(request):\n    pay.delay(1)\n", "from celery import shared_task\n", "@job\ndef late(x):\n    f(x)\n",
    "@shared_task\ndef more(x):\n    pay.delay(x).get()\n", "beat_schedule = {'a': {'task': 'orders.tasks.pay'}}\n",
    "INSTALLED_APPS += ['more']\n", "LOGGING = {}\n", "with transaction.atomic():\n    confirm(1)\n", "# noqa\n",
)  # fmt: skip
_PYTHON = sorted(path for path in FILES if path.endswith(".py"))
_EDITS = st.lists(
    st.tuples(st.sampled_from(_PYTHON), st.sampled_from(_SNIPPETS), st.floats(0, 1), st.booleans()),
    min_size=1,
    max_size=4,
)


@given(st.lists(_EDITS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_any_edits(tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, str, float, bool]]]) -> None:
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patched:
        root = place(folder, patched, FILES)
        texts = dict(FILES)
        run(root)
        for time, edits in enumerate(steps):
            for path, snippet, share, drops in edits:
                lines = texts[path].splitlines(keepends=True)
                starts = [i for i, line in enumerate(lines) if not line.startswith((" ", ")"))] + [len(lines)]
                at = starts[int(share * (len(starts) - 1))]
                texts[path] = "".join([*lines[:at], snippet, *lines[at + drops :]])
                write(root / path, texts[path], OLD + 9 + time)
            assert run(root) == run(root, use_cache=False)

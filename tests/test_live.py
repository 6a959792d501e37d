"""Linting while files change: whatever was edited in whatever order, the findings are those of a fresh run."""

from __future__ import annotations

import gc
import random
import re
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_celery.lint import Diagnostic, Linter
from flake8_celery.live import LiveLinter
from flake8_celery.source import SourceError
from tests.projects import write

EXAMPLES = Path(__file__).parent.parent / "examples"
PROJECTS = ("django-shop/before", "fastapi-media/before")
LINES = (
    "from celery import shared_task",
    "@shared_task(bind=True, acks_late=True)",
    "@app.task(name='other', time_limit=5, autoretry_for=(Exception,))",
    "app.conf.task_acks_late = True",
    "app.conf.update(task_time_limit=30, broker_url='redis://')",
    "    time.sleep(5)",
    "    print('x')",
    "    x.delay(1, 2)",
    "def extra(self, a, *, b=None):",
    "import os, sys",
    "from . import tasks",
    "from .tasks import *",
    "from orders.tasks import send_receipt as receipt",
    "        raise None",
    "    self.retry(throw=False, exc=ValueError())",
    "    app.tasks['other'].delay(1).get()",
    "    requests.get(url)",
    "@app.task(bind=True, base=Base, acks_late=False, soft_time_limit=9, time_limit=8)",
    "class Base(app.Task):\n    acks_late = True\n    time_limit = 7",
    "    while True:\n        cache.lock('x')",
    "CELERY_TASK_ALWAYS_EAGER = True",
    "beat_schedule = {'a': {'task': 'orders.tasks.gone', 'schedule': crontab(hour=3)}}",
    "# a comment",
    "",
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(tmp_path / "cache"))


def edited(text: str, others: list[str], chance: random.Random) -> str:
    """The text after some change that people make, or that they would not."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    match chance.randrange(8):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            lines.insert(at, chance.choice(LINES))
        case 3:
            words = re.findall(r"[A-Za-z_]{3,}", "\n".join([text, *others]))
            word, other = chance.choice(words), chance.choice(words)
            return re.sub(rf"\b{word}\b", other, text)
        case 4:
            words = re.findall(r"[A-Za-z_]{4,}", lines[at]) or ["x"]
            lines[at] = lines[at].replace(chance.choice(words), chance.choice(["x", "self", "app", "delay", "1"]))
        case 5:
            lines[at:at] = chance.choice(others).split("\n")[:30]
        case 6:
            lines[at] = lines[at].replace("(", "(1, ", 1)
        case 7:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


def compared(found: list[Diagnostic]) -> list[tuple[object, ...]]:
    return [(Path(d.path).name, d.code, d.message, d.span) for d in found]


def fresh(root: Path, paths: list[Path]) -> Iterator[list[tuple[object, ...]]]:
    linter = Linter(use_cache=False)
    for path in paths:
        yield compared(linter.lint_file(path))


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("seed", range(3))
def test_edits_lead_to_what_a_fresh_run_finds(tmp_path: Path, project: str, seed: int) -> None:
    chance = random.Random(seed)
    root, shadow = tmp_path / "live" / "root", tmp_path / "shadow" / "root"
    shutil.copytree(EXAMPLES / project, root)
    shutil.copytree(EXAMPLES / project, shadow)
    names = [p.relative_to(root) for p in sorted(root.rglob("*.py")) if p.read_text().strip()]
    linter = LiveLinter()
    opened = chance.sample(names, 4)
    for _ in range(6):
        name = chance.choice(opened)
        texts = [(shadow / other).read_text() for other in names]
        text = (shadow / name).read_text()
        for _ in range(chance.randrange(1, 3)):
            text = edited(text or "\n", texts, chance)
        try:
            linter.change(root / name, text.encode())
        except SourceError:
            continue
        (shadow / name).write_text(text)
        live = [compared(linter.findings(root / other)) for other in opened]
        assert live == list(fresh(shadow, [shadow / other for other in opened])), (name, text)


def test_everything_is_followed(tmp_path: Path) -> None:
    """Files that are saved, renamed and deleted, closed buffers and settings."""
    root = tmp_path / "root"
    shutil.copytree(EXAMPLES / "django-shop/before", root)
    linter = LiveLinter()
    views, tasks = root / "orders" / "views.py", root / "orders" / "tasks.py"

    def check(*more: Path) -> None:
        paths = [path for path in (views, tasks, *more) if path.exists()]
        assert [compared(linter.findings(path)) for path in paths] == list(fresh(root, paths))

    check()
    linter.change(tasks, tasks.read_bytes().replace(b"def ", b"def new_"))
    linter.close(tasks)
    check()
    text = tasks.read_text()
    tasks.write_text(text.replace("def ", "def other_"))
    assert linter.saved([tasks])
    check()
    moved = tasks.rename(tasks.with_name("jobs.py"))
    linter.saved([tasks, moved])
    check(moved)
    moved.unlink()
    linter.saved([moved])
    check()
    (root / "pyproject.toml").write_text("[tool.flake8-celery]\nselect = ['CEL9']\n")
    linter.saved([root / "pyproject.toml"])
    check()


def test_an_application_elsewhere_decides_about_a_program_that_is_called_like_a_test(tmp_path: Path) -> None:
    program = "from celery import Celery\n\napp = Celery()\n\n\n@app.task\ndef work():\n    print(1)\n"
    root = tmp_path / "root"
    (root / "shop").mkdir(parents=True)
    (root / "setup.cfg").touch()
    (root / "test.py").write_text(program)
    (root / "shop" / "app.py").write_text("from celery import shared_task\n")
    linter = LiveLinter()
    assert "CEL208" in [found.code for found in linter.findings(root / "test.py")]
    text = "from celery import Celery, shared_task\n\napp = Celery()\n"
    linter.change(root / "shop" / "app.py", text.encode())
    assert linter.findings(root / "test.py") == []
    (root / "shop" / "app.py").write_text(text)
    assert list(fresh(root, [root / "test.py"])) == [[]]


def test_classes_that_another_file_registers(tmp_path: Path) -> None:
    """What one file registers is found in another one, from the edit on that registers it."""
    tasks = "import requests\nfrom celery import Task\nclass Fetch(Task):\n def run(self, url):\n  requests.get(url)\n"
    app = "from celery import Celery\nfrom shop.tasks import Fetch\n\napp = Celery('shop', broker='redis://')\n"
    root = tmp_path / "root"
    (root / "shop").mkdir(parents=True)
    (root / "setup.cfg").touch()
    (root / "shop/__init__.py").touch()
    (root / "shop/tasks.py").write_text(tasks)
    (root / "shop/app.py").write_text(app)
    linter = LiveLinter()

    def found() -> set[str]:
        return {d.code for d in linter.findings(root / "shop/tasks.py")}

    assert "CEL402" not in found()
    linter.change(root / "shop/app.py", f"{app}app.register_task(Fetch())\n".encode())
    assert "CEL402" in found()
    linter.change(root / "shop/app.py", f"{app}app.register_task(Fetch)\nprint(app)\n".encode())
    assert "CEL402" in found()
    linter.change(root / "shop/app.py", app.encode())
    assert "CEL402" not in found()


def test_a_task_gets_the_name_that_another_file_asks_for(tmp_path: Path) -> None:
    app = "from celery import Celery\n\napp = Celery('shop', broker='redis://')\n"
    task = "from shop.app import app\n\n\n@app.task(name='{}')\ndef work(first):\n    return first\n"
    root = tmp_path / "root"
    (root / "shop").mkdir(parents=True)
    (root / "setup.cfg").touch()
    (root / "shop/__init__.py").touch()
    (root / "shop/app.py").write_text(app)
    (root / "shop/tasks.py").write_text(task.format("other"))
    (root / "shop/views.py").write_text("from shop.app import app\n\napp.tasks['work'].delay()\n")
    linter = LiveLinter()

    def found() -> set[str]:
        return {d.code for d in linter.findings(root / "shop/views.py")}

    for name, codes in (("other", set()), ("work", {"CEL504"}), ("more", set()), ("work", {"CEL504"})):
        linter.change(root / "shop/tasks.py", task.format(name).encode())
        assert found() == codes


def test_a_file_takes_up_a_decorator_of_the_project_and_drops_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    house = "from celery import shared_task\n\n\ndef job(function):\n    return shared_task(function)\n"
    plain = "from house import job\n\n\ndef count(x):\n    print(x)\n"
    files = {"setup.cfg": "", "house.py": house, "one.py": plain, "two.py": plain}
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, "utf-8")
    linter = LiveLinter()
    one, two = root / "one.py", root / "two.py"

    def printing(path: Path) -> bool:
        return "CEL208" in {found.code for found in linter.findings(path)}

    assert not printing(one)
    used = plain.replace("def count", "@job\ndef count")
    for _ in range(2):
        linter.change(one, used.encode())
        assert printing(one)
        assert not printing(two)
        linter.change(one, plain.encode())
        assert not printing(one)
    two.write_text(used, "utf-8")
    linter.saved([two])
    assert printing(two)
    linter.close(one)
    assert not printing(one)


def test_a_file_without_a_word_of_celery_comes_between_a_transaction_and_what_is_sent(tmp_path: Path) -> None:
    between = "from shop import notices\n\n\ndef onward(order):\n    notices.notify(order)\n"
    files = {
        "setup.cfg": "",
        "shop/__init__.py": "",
        "shop/tasks.py": (
            "from celery import Celery\n\napp = Celery('shop', broker='redis://')\n\n\n"
            "@app.task(time_limit=9)\ndef ship(order):\n    pass\n"
        ),
        "shop/notices.py": "from shop.tasks import ship\n\n\ndef notify(order):\n    ship.delay(order)\n",
        "shop/further.py": "VALUE = 1\n",
        "shop/views.py": (
            "from django.db import transaction\nfrom shop.between import onward\n\n\n"
            "@transaction.atomic\ndef confirm(order):\n    order.save()\n    onward(order)\n"
        ),
    }
    root = write(tmp_path / "root", files)
    linter = LiveLinter()

    def found() -> bool:
        return "CEL503" in {d.code for d in linter.findings(root / "shop/notices.py")}

    assert not found()
    (root / "shop/between.py").write_text(between)
    linter.saved([root / "shop/between.py"])
    assert found()
    linter.change(root / "shop/between.py", between.replace("notices.notify", "print").encode())
    assert not found()
    further = "def further(order):\n    notices.notify(order)\n"
    linter.change(root / "shop/between.py", b"from shop.further import further as onward\n")
    assert not found()
    linter.change(root / "shop/further.py", f"from shop import notices\n\n\n{further}".encode())
    assert found()
    linter.close(root / "shop/further.py")
    assert not found()
    linter.close(root / "shop/between.py")
    assert found()
    linter.change(root / "shop/between.py", f"import celery\n{between}".encode())
    assert found()
    linter.change(root / "shop/between.py", between.encode())
    assert found()
    (root / "shop/between.py").unlink()
    linter.close(root / "shop/between.py")
    linter.saved([root / "shop/between.py"])
    assert not found()


def test_a_project_does_not_outlive_an_edit(tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(EXAMPLES / "django-shop/before", root)
    tasks = root / "orders/tasks.py"
    linter = LiveLinter()
    text = tasks.read_text()
    for number in range(3):
        linter.change(tasks, f"{text}\n\ndef more():\n    print({number})\n".encode())
        assert [found for path in sorted(root.rglob("*.py")) for found in linter.findings(path)]
        gone = weakref.ref(linter.project(tasks))
        linter.change(tasks, text.encode())
        linter.findings(tasks)
        gc.collect()
        assert gone() is None


def test_a_file_that_no_longer_opens_transactions_still_calls(tmp_path: Path) -> None:
    between = "from shop import notices\n\n\ndef onward(order):\n    notices.notify(order)\n"
    files = {
        "shop/__init__.py": "",
        "shop/tasks.py": (
            "from celery import Celery\n\napp = Celery('shop', broker='redis://')\n\n\n"
            "@app.task(time_limit=9)\ndef ship(order):\n    pass\n"
        ),
        "shop/notices.py": "from shop.tasks import ship\n\n\ndef notify(order):\n    ship.delay(order)\n",
        "shop/between.py": f"from django.db.transaction import atomic\n{between}",
        "shop/views.py": (
            "from django.db import transaction\nfrom shop.between import onward\n\n\n"
            "@transaction.atomic\ndef confirm(order):\n    order.save()\n    onward(order)\n"
        ),
    }
    root = write(tmp_path / "root", files)
    linter = LiveLinter()

    def found() -> bool:
        return "CEL503" in {d.code for d in linter.findings(root / "shop/notices.py")}

    assert found()
    linter.change(root / "shop/between.py", between.encode())
    assert found()
    linter.change(root / "shop/between.py", between.replace("notices.notify", "print").encode())
    assert not found()

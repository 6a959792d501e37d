"""What is kept beside the facts of a module, and scopes that are unpacked when somebody asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from flake8_celery.cache import Store
from flake8_celery.facts import facts
from flake8_celery.index import Index
from flake8_celery.model import Call, Deployment, Module, Name, Scope, Span
from flake8_celery.outlines import _kept, calls_at, outline
from flake8_celery.packing import restore, store
from flake8_celery.source import decode
from tests.checkout import ROOT
from tests.projects import make
from tests.test_packing import _MODULES, _SETTINGS

TASKS = """
import os
from celery import Celery as App, shared_task
from django.db.models.signals import post_save
from django.dispatch import receiver
from flask import g

app = App("shop", include=["shop.more"])
app.conf.beat_schedule = {"each": {"task": "shop.tasks.ship", "schedule": 60}}
os.environ.setdefault("CELERY_RESULT_BACKEND", "redis://")
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"

class Base(App[int]):
    name = "shop.base"

    def send(self):
        global sent
        from shop import orders
        sent = ship.apply_async(time_limit=3)

def job(**options):
    def wrap(function):
        return app.task(**options)(function)
    return wrap

@receiver(post_save, sender=Base)
@job(queue="slow")
def ship(order_id):
    return [ship.delay(x) for x in order_id]

app.register_task(Base())
app.control.add_consumer("late")
"""


def _module(text: str = TASKS, path: str = "shop/tasks.py") -> Module:
    return facts(decode(path, text.encode()))


def _sources() -> list[Path]:
    return [*(ROOT / "examples").glob("*/*/*/*.py"), *(ROOT / "flake8_celery").glob("*.py")]


@given(_MODULES)
@_SETTINGS
def test_a_stored_module_is_the_same(module: Module) -> None:
    again = restore(store(module, {"a": [1]}))
    assert again.outline == {"a": [1]}
    assert [scope.name for scope in again.scopes] == [scope.name for scope in module.scopes]
    assert again == module
    assert repr(again) == repr(module)
    assert all(scope.module is again for scope in again.scopes)


def test_what_nobody_asks_for_stays_packed() -> None:
    again = restore(store(_module(), {}))
    assert [s.qualname for s in again.functions][:2] == ["Base.send", "job"]
    assert [s.name for s in next(again.classes).children] == ["send"]
    assert next(s for s in again.scopes if s.globals).globals == ("sent",)
    assert again.packed is not None
    assert all(scope.packed is not None for scope in again.scopes)
    ship = again.scope("ship")
    assert ship is not None
    decorators = ship.decorators
    assert [d.span.line for d in decorators] == [26, 27]
    assert all(scope.packed is not None for scope in again.scopes)
    assert len(ship.calls) == 1
    assert ship.decorators is decorators
    assert [scope.qualname for scope in again.scopes if scope.packed is None] == ["ship"]


def test_what_a_scope_does_not_have_is_told() -> None:
    scope = restore(store(_module(), {})).scopes[0]
    with pytest.raises(AttributeError, match="colour"):
        scope.colour  # type: ignore[attr-defined]  # noqa: B018
    assert scope.packed is not None
    made = Scope("module", "", "", 0, -1, -1, Span(1, 0, 1, 0))
    with pytest.raises(AttributeError):
        made.module  # noqa: B018


def test_what_is_no_stored_module_is_refused() -> None:
    data = store(_module(), {})
    for broken in (b"", b"[]", b"{", data.rpartition(b"\n")[0], data + b"\n[]"):
        with pytest.raises(ValueError, match=r"fact|unpack|Expecting"):
            restore(broken)
    with pytest.raises(ValueError, match="not a fact"):
        restore(data.replace(b"{}", b"[]", 1)).outline  # noqa: B018
    later = restore(data.rpartition(b"\n")[0] + b"\n[1]")
    with pytest.raises(ValueError, match="not a fact"):
        later.scopes[-1].calls  # noqa: B018


def test_an_outline_is_the_same_after_it_was_kept() -> None:
    for path in _sources():
        module = facts(decode(path.name, path.read_bytes()))
        said = outline(module)
        again = restore(store(module, said))
        assert again.outline == json.loads(json.dumps(said)), path
        assert outline(again) == said, path


def test_every_outline_tells_something() -> None:
    said = outline(_module())
    assert set(said) == set(_kept())
    silent = [name for name, answer in said.items() if not answer]
    assert silent == ["flake8_celery.traits.sets_level"]
    words = said["flake8_celery.calls.words"]
    assert words[1] == {"Celery": ["App"]}  # type: ignore[index]
    calls = calls_at(_module(), words[0]["register_task"])  # type: ignore[index]
    assert [call.span.line for _, call in calls] == [31]


def test_no_check_is_loaded_to_keep_facts() -> None:
    code = (
        "import sys\n"
        "from flake8_celery.cache import _packed\n"
        "from flake8_celery.facts import facts\n"
        "from flake8_celery.source import decode\n"
        "assert _packed(facts(decode('a.py', b'from celery import Celery')), concerns=True, transactions=True)\n"
        "print(*(name for name in sys.modules if name.startswith('flake8_celery.checks')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not done.stdout.split()


def test_an_index_uses_what_is_kept_and_asks_where_nothing_is(tmp_path: Path) -> None:
    asked = []

    def tells(module: Module) -> list[str]:
        asked.append(module.path)
        return [module.path]

    index = make(tmp_path, {"shop/tasks.py": TASKS}).index
    module = index.module("shop/tasks.py")
    assert module is not None
    name = f"{tells.__module__}.{tells.__qualname__}"
    assert index.derived(tells, module) == index.derived(tells, module) == ["shop/tasks.py"]
    assert asked == ["shop/tasks.py"]
    again = restore(store(module, {name: ["kept"]}))
    assert index.derived(tells, again) == ["kept"]
    assert asked == ["shop/tasks.py"]


def test_deployment_files_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(tmp_path / "project", {"Procfile": "worker: celery -A shop worker\n", "shop/tasks.py": TASKS})
    saved = Store(project.root, tmp_path / "cache.json")
    first = Index(project.root, project.index.tree, saved).deployment
    assert [command.program for command in first.commands] == ["worker"]
    assert saved.save()
    monkeypatch.setattr("flake8_celery.deploy.read_deployment", None)
    again = Store(project.root, tmp_path / "cache.json")
    again.reload()
    assert Index(project.root, project.index.tree, again).deployment == first
    # a file that has changed is read again
    (project.root / "Procfile").write_text("worker: celery -A shop beat\n")
    tree = project.index.tree
    status = (project.root / "Procfile").stat()
    tree.deployment["Procfile"] = (status.st_mtime_ns, status.st_size)
    with pytest.raises(TypeError):
        _ = Index(project.root, tree, again).deployment


def test_facts_of_one_kind_are_not_taken_for_the_other(tmp_path: Path) -> None:
    kept = Store(tmp_path, None)
    call = Deployment(problems=(("Procfile", 1, "broken"),))
    entry = kept.put("Procfile", (1, 1), b"x", concerns=False, facts=call)
    assert entry.deployment == call
    assert entry.facts is None
    entry = kept.put("a.py", (1, 1), b"x", concerns=True, facts=_module())
    assert entry.deployment is None
    assert entry.facts == _module()
    assert Call(Name("f"), (), (), -1, Span(1, 0, 1, 0), "other") not in entry.facts.body.calls

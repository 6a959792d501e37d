"""What is known of Celery's names agrees with the Celery that is installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from flake8_celery.knowledge import misnomers, options, removed, settings, transports

celery = pytest.importorskip("celery")
ROOT = Path(__file__).parents[1]
MINOR: tuple[int, ...] = tuple(map(int, celery.__version__.split(".")[:2]))

pytestmark = pytest.mark.skipif(
    not (5, 3) <= MINOR <= (5, 7), reason=f"nothing is written down of Celery {celery.__version__}"
)


def script() -> Any:
    spec = importlib.util.spec_from_file_location("generate_knowledge", ROOT / "scripts" / "generate_knowledge.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    found: dict[str, Any] = script().probe()
    return found


def then(names: Iterable[str], since: Mapping[str, tuple[int, int]]) -> set[str]:
    """The names that the installed version has, as far as the knowledge tells."""
    return {name for name in names if since.get(name, (0, 0)) <= MINOR}


def test_settings(said: dict[str, Any]) -> None:
    assert then(settings.SETTINGS, settings.SINCE) == set(said["settings"])
    assert {name: settings.SETTINGS[name] for name in said["settings"]} == said["settings"]
    assert then(settings.READ, settings.SINCE) == set(said["read_settings"])
    assert settings.SETTINGS.keys() == settings.MODERN


def test_old_names_of_settings(said: dict[str, Any]) -> None:
    old = said["old_settings"]
    assert {n: new for n, new in settings.OLD_TO_MODERN.items() if new in then(settings.MODERN, settings.SINCE)} == old
    assert settings.OLD_TO_MODERN["CELERYD_TASK_TIME_LIMIT"] == "task_time_limit"
    assert set(settings.OLD_TO_MODERN.values()) <= settings.MODERN


def test_options_that_fall_back_to_a_setting(said: dict[str, Any]) -> None:
    known = {o: s for o, s in settings.OPTION_TO_SETTING.items() if settings.SINCE.get(s, (0, 0)) <= MINOR}
    assert known == said["option_settings"]
    assert set(settings.OPTION_TO_SETTING.values()) <= settings.MODERN


def test_task_options(said: dict[str, Any]) -> None:
    kinds = ("task_attributes", "execution_options", "decorator_options", "autoretry_options")
    assert then(options.TASK_OPTIONS, options.SINCE) == {name for kind in kinds for name in said[kind]}
    assert set(said["task_methods"]) == options.TASK_METHODS
    assert {"acks_late", "autoretry_for", "bind", "queue", "retry_backoff", "throws"} <= options.TASK_OPTIONS
    assert {"send_error_emails", "accept_magic_kwargs"} <= options.OLD_OPTIONS
    assert not options.OLD_OPTIONS & (options.TASK_OPTIONS | options.TASK_METHODS)


def test_call_options(said: dict[str, Any]) -> None:
    # what a transport looks for comes and goes with kombu
    assert then(options.CALL_OPTIONS, options.CALL_SINCE) >= set(said["apply_async"])
    assert all(numbers > MINOR for name, numbers in options.CALL_SINCE.items() if name not in said["apply_async"])
    assert {"countdown", "link_error", "MessageGroupId", "retry_policy", "user_id"} <= options.CALL_OPTIONS


def test_transports_and_backends(said: dict[str, Any]) -> None:
    assert then(transports.TRANSPORTS, transports.SINCE) >= set(said["transports"])
    assert then(transports.BACKENDS, transports.SINCE) >= set(said["backends"])
    assert not transports.OLD_TRANSPORTS & set(said["transports"])
    assert not transports.OLD_BACKENDS & set(said["backends"])


@pytest.mark.parametrize("name", sorted(removed.MODULES))
def test_modules_that_are_gone(name: str) -> None:
    if removed.MODULES[name] <= MINOR:
        assert importlib.util.find_spec(name.rpartition(".")[0])
        assert importlib.util.find_spec(name) is None


@pytest.mark.parametrize("name", sorted(removed.NAMES))
def test_names_that_are_gone(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    if removed.NAMES[name] <= MINOR:
        try:
            found = importlib.import_module(module)
        except ImportError:  # of something that Celery needs for it
            return
        assert not hasattr(found, attribute)


def test_methods_of_tasks_that_are_gone() -> None:
    for name in removed.TASK_METHODS:
        assert not hasattr(celery.Task, name)
    assert "get_logger" in removed.TASK_METHODS


def test_who_reads_the_modules_is_told_where_they_come_from() -> None:
    for module in (options, removed, settings, transports):
        text = Path(str(module.__file__)).read_text("utf-8")
        assert text.startswith('"""')
        assert "Written by scripts/generate_knowledge.py" in text
        assert max(map(len, text.splitlines())) <= 120


def test_import_is_cheap() -> None:
    """The knowledge is plain literals: no import besides."""
    code = (
        "import sys; before = set(sys.modules); "
        "import flake8_celery.knowledge.settings, flake8_celery.knowledge.options, flake8_celery.knowledge.removed; "
        "print(sorted(m for m in set(sys.modules) - before if not m.startswith('flake8_celery')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "['__future__']")


def test_what_is_meant_by_other_names_is_a_name_of_celery() -> None:
    assert set(misnomers.TASK.values()) <= options.TASK_OPTIONS
    assert set(misnomers.CALL.values()) <= options.CALL_OPTIONS
    assert set(misnomers.SETTINGS.values()) - {""} <= settings.MODERN
    assert not misnomers.TASK.keys() & (options.TASK_OPTIONS | options.TASK_METHODS)
    assert not misnomers.CALL.keys() & options.CALL_OPTIONS
    assert not misnomers.SETTINGS.keys() & (settings.MODERN | settings.READ)
    assert not misnomers.NOT_OF_A_TASK & (options.TASK_OPTIONS | options.TASK_METHODS)
    assert misnomers.NOT_OF_A_TASK <= options.CALL_OPTIONS
    assert options.TASK_OPTIONS - options.CALL_OPTIONS >= misnomers.NOT_OF_A_CALL
    assert misnomers.DISTINCT_OLD_OPTIONS <= options.OLD_OPTIONS

"""Repairs where tasks are declared keep to the layout that they find: decorators, parameters, classes, imports."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_fixes import repaired


def fixed(text: str, code: str, **others: str) -> str:
    """The text after the repairs of a rule; a second run changes nothing."""
    with TemporaryDirectory() as folder:
        files = {"tasks.py": text, **{f"{name}.py": other for name, other in others.items()}}
        after, outcomes = repaired(Path(folder), files, code)
        assert not [failure for outcome in outcomes for failure in outcome.failures]
        again, _ = repaired(Path(folder), after, code)
    assert again == after
    compile(after["tasks.py"], "tasks.py", "exec")
    return after["tasks.py"]


_HEAD = "from celery import shared_task\n\n\n"
_DECORATORS = st.sampled_from(
    [
        "@shared_task(bind=True)",
        "@shared_task(bind=True, acks_late=False)  # slow",
        "@shared_task(acks_late=False, bind=True)",
        "@shared_task(\n    bind=True,\n    acks_late=False,\n)",
        "@shared_task(\n\tacks_late=False,\n\tbind=True\n)",
        "@shared_task(acks_late=False,\n             bind=True)",
        '@shared_task(**{"queue": "slow"}, bind=True)',
    ]
)
_REST = st.sampled_from(["", "order_id", "order_id, express=False", "order_id: int, *, express: bool = False", "**kw"])
_DEFINITIONS = st.sampled_from(
    ["def ship({}): send(1)", "def ship({}):\n\tsend(1)", "def ship(\n    {}\n) -> None:\n    send(1)"]
)


@given(_DECORATORS, _REST, _DEFINITIONS, st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=40, deadline=None)
def test_unused_binding_is_taken_away(decorator: str, rest: str, definition: str, newline: str) -> None:
    first = f"self, {rest}" if rest else "self"
    text = f"{_HEAD}{decorator}\n{definition.format(first)}\n\n\nQUEUES = [\n  'a',\n]\n".replace("\n", newline)
    after = fixed(text, "CEL920")
    assert "bind=True" not in after
    assert "self" not in after
    assert after.startswith(_HEAD.replace("\n", newline))
    assert after.endswith("QUEUES = [\n  'a',\n]\n".replace("\n", newline))
    names: dict[str, object] = {"shared_task": lambda *a, **_: a[0] if a else lambda f: f}
    exec(after[len(_HEAD.replace("\n", newline)) :].replace("\r\n", "\n"), names)
    assert callable(names["ship"])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", "self"),
        ("order_id, express=False", "self, order_id, express=False"),
        ("*, order_id", "self, *, order_id"),
        ("order_id, /", "self, order_id, /"),
        ("\n    order_id,\n    express=False,\n", "\n    self,\n    order_id,\n    express=False,\n"),
    ],
)
def test_task_is_taken_as_self(parameters: str, expected: str) -> None:
    body = "    send(order_id)\n    return order_id\n" if "order_id" in parameters else "    send()\n"
    text = f"{_HEAD}@shared_task(bind=True)\ndef ship({parameters}):\n{body}"
    assert fixed(text, "CEL202") == text.replace(f"ship({parameters})", f"ship({expected})")


def test_names_of_classes_and_functions() -> None:
    text = (
        "from celery import Celery, Task\n\napp = Celery('shop', broker='redis://')\n\n\n"
        'class Ship(Task):\n    """Send it."""\n\n    def run(self, order_id):\n        pack(order_id)\n\n\n'
        "class Pay(Task):\n    queue = 'slow'\n\n    def run(self):\n        book()\n\n\n"
        "class Base(Task):\n    def run(self):\n        book()\n\n\nclass Own(Base):\n    name = 'own'\n\n\n"
        "for made in (Ship, Pay, Base, Own):\n    pass\napp.register_task(Ship())\napp.register_task(Pay())\n"
        "app.register_task(Base())\napp.register_task(Own())\n\n\n@app.task\ndef index(): ...\n"
    )
    after = fixed(text, "CEL901")
    assert 'class Ship(Task):\n    """Send it."""\n\n    name = \'tasks.Ship\'\n\n    def run' in after
    assert "class Pay(Task):\n    name = 'tasks.Pay'\n    queue = 'slow'\n" in after
    assert "class Base(Task):\n    def run" in after, "its name would be that of the classes that derive from it"
    assert "@app.task(name='tasks.index')\n" in after


def test_options_of_a_decorator_of_the_project_are_left_alone() -> None:
    text = "from decorators import job\n\n\n@job\ndef ship(order_id):\n    pack(order_id)\n"
    decorators = "from celery import shared_task\n\n\ndef job(function):\n    return shared_task(function)\n"
    assert fixed(text, "CEL901", decorators=decorators) == text


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("time_limits=300", "time_limit=300"),
        ("timeout='5m'", "timeout='5m'"),
        ("autoretry=True", "autoretry=True"),
        ("time_limits=300, time_limit=200", "time_limits=300, time_limit=200"),
        ("soft_limit=None", "soft_time_limit=None"),
        ("late_ack=1", "late_ack=1"),
        ("retry_on=(OSError,)", "autoretry_for=(OSError,)"),
        ("retry_on=OSError", "retry_on=OSError"),
    ],
)
def test_option_is_renamed_where_the_value_fits(option: str, expected: str) -> None:
    text = f"{_HEAD}@shared_task({option})\ndef ship(order_id):\n    pack(order_id)\n"
    assert fixed(text, "CEL204") == text.replace(option, expected)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("10/min", "10/m"),
        ("1.5 / hour", "1.5/h"),
        ("10 per second", "10/s"),
        ("10/d", "10/d"),
        ("ten/m", "ten/m"),
        ("10/5m", "10/5m"),
    ],
)
def test_rate_limit(before: str, after: str) -> None:
    text = f"{_HEAD}@shared_task(name='10/min', rate_limit='{before}')\ndef ship():\n    pack()\n"
    assert fixed(text, "CEL209") == text.replace(f"='{before}')", f"='{after}')")


_APP = "from celery import Celery\n"
_BROUGHT = "from celery.utils.log import get_task_logger\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"import logging\nimport os\n\n{_APP}", f"import os\n\n{_APP}{_BROUGHT}"),
        (f"import logging  # noqa: F401\n\n{_APP}", f"import logging  # noqa: F401\n\n{_APP}{_BROUGHT}"),
        (f"import os, logging\n{_APP}", f"import os\n{_APP}{_BROUGHT}"),
        (
            f"import logging\n\n{_APP}\nL = logging.INFO\n",
            f"import logging\n\n{_APP}{_BROUGHT}\nL = logging.INFO\n",
        ),
        (
            f"import logging\n\n{_APP}\n__all__ = ['logging']\n",
            f"import logging\n\n{_APP}{_BROUGHT}\n__all__ = ['logging']\n",
        ),
    ],
)
def test_import_that_is_needed_no_more(before: str, after: str) -> None:
    rest = (
        "\napp = Celery('shop', broker='redis://')\nlogger = {}(__name__)\n\n\n@app.task\ndef ship(order_id):\n"
        "    logger.info('packed')\n"
    )
    expected = after + rest.format("get_task_logger")
    assert fixed(before + rest.format("logging.getLogger"), "CEL916") == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from celery.task import task as job\n\n\n@job\n", "from celery import shared_task as job\n\n\n@job\n"),
        (
            "from celery.task import task\n\nmake = task\n\n\n@task\n",
            "from celery import shared_task as task\n\nmake = task\n\n\n@task\n",
        ),
        (
            "from celery import shared_task\nfrom celery.decorators import task\n\n\n@task(name='a')\n",
            "from celery import shared_task\n\n\n@shared_task(name='a')\n",
        ),
        (
            "from celery import (\n    chain,\n    task,\n)\n\n\n@task\n",
            "from celery import (\n    chain,\n    shared_task,\n)\n\n\n@shared_task\n",
        ),
    ],
)
def test_removed_import(before: str, after: str) -> None:
    rest = "def ship(order_id):\n    pack(order_id)\n"
    assert fixed(before + rest, "CEL809") == after + rest


@pytest.mark.parametrize(
    ("parameters", "passed"),
    [
        ("order_id", "order_id"),
        ("a, /, b: int = 1, *rest, c, d=None, **others", "a, b, *rest, c=c, d=d, **others"),
        ("\n    order_id,  # the key\n    at: 'x:y' = ':',\n", "order_id, at"),
    ],
)
def test_coroutine_function_gets_a_plain_one(parameters: str, passed: str) -> None:
    text = f"{_HEAD}@shared_task\nasync def ship({parameters}) -> None:\n    await pack()\n    # sent\n\n\nX = 1\n"
    after = fixed(text, "CEL201")
    assert f"async def _ship({parameters}) -> None:\n    await pack()\n" in after
    assert f"@shared_task\ndef ship({parameters}) -> None:\n    return asyncio.run(_ship({passed}))\n" in after


def test_coroutine_function_that_something_awaits_is_left_alone() -> None:
    text = f"{_HEAD}@shared_task\nasync def ship():\n    await pack()\n\n\nasync def all_of_them():\n    await ship()\n"
    assert fixed(text, "CEL201") == text

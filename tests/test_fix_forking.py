"""Repairs of what pool processes cannot do or must not share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_fixes import repaired


def _after(folder: Path, code: str, text: str, **files: str) -> str | None:
    after, outcomes = repaired(folder, {"tasks.py": text, **files}, code)
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    compile(after["tasks.py"], "tasks.py", "exec")
    return after["tasks.py"] if after["tasks.py"] != text else None


_POOL = "{imports}\nfrom celery import shared_task\n\n\n@shared_task\ndef work(paths):\n{body}"


@pytest.mark.parametrize(
    ("imports", "body", "expected"),
    [
        (
            "import multiprocessing\n",
            "    multiprocessing.Process(target=print).start()\n",
            ["billiard.Process(target=print)"],
        ),
        (
            "from multiprocessing import Pool, cpu_count\n",
            "    with Pool(cpu_count()) as pool:\n        pool.map(print, paths)\n    Pool(3)\n",
            ["from multiprocessing import cpu_count\n", "billiard.Pool(cpu_count())", "billiard.Pool(3)"],
        ),
        ("from multiprocessing import Pool, Queue\n", "    Pool(2, initargs=[Queue()])\n", None),
        ("import multiprocessing\n", "    multiprocessing.Pool(2, initargs=[multiprocessing.Lock()])\n", None),
        ("import multiprocessing\n", "    multiprocessing.get_context('spawn').Pool(2)\n", None),
        ("import multiprocessing as mp\n", "    mp.Pool(2)\n", None),
        ("from concurrent.futures import ProcessPoolExecutor\n", "    ProcessPoolExecutor()\n", None),
    ],
)
def test_processes(imports: str, body: str, expected: list[str] | None, tmp_path: Path) -> None:
    after = _after(tmp_path, "CEL407", _POOL.format(imports=imports, body=body))
    assert (after is None) == (expected is None)
    for part in expected or ():
        assert part in (after or "")
    assert after is None or "import billiard\n" in after


_HEAD = "import psycopg2\nfrom celery import shared_task\n"
_USE = "@shared_task\ndef work(order):\n    db.cursor().execute(order)\n"


@pytest.mark.parametrize(
    ("made", "function"),
    [
        ("\ndb = psycopg2.connect('a')\n\n\n", "\n\n@cache\ndef db():\n    return psycopg2.connect('a')\n\n\n"),
        (
            "db = psycopg2.connect('a')  # ours\nN = 1\n",
            "\n\n@cache\ndef db():\n    return psycopg2.connect('a')  # ours\n\n\nN = 1\n",
        ),
        (
            "\n\n\ndb = psycopg2.connect(\n    'a',\n\n    user='b',\n)\n\n",
            "\n\n\n@cache\ndef db():\n    return psycopg2.connect(\n        'a',\n\n        user='b',\n    )\n\n\n",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_connections_are_made_late(newline: str, made: str, function: str, tmp_path: Path) -> None:
    after = _after(tmp_path, "CEL409", f"{_HEAD}{made}{_USE}".replace("\n", newline))
    expected = f"from functools import cache\n\n{_HEAD}{function}{_USE}".replace("db.cursor", "db().cursor")
    assert after == expected.replace("\n", newline)


@pytest.mark.parametrize(
    ("made", "more", "other"),
    [
        ("# the orders\ndb = psycopg2.connect('a')\n", "", ""),
        ("db = psycopg2.connect('''\na''')\n", "", ""),
        ("db = psycopg2.connect('a'); print(db)\n", "", ""),
        ("db = psycopg2.connect('a')\ncursor = db.cursor()\n", "", ""),
        ("db = psycopg2.connect('a')\n", "def close(db=db): db.close()\n", ""),
        ("db = psycopg2.connect('a')\n", "def other():\n    return db\n", ""),
        ("db = psycopg2.connect('a')\n", "def other():\n    global db\n    db = None\n", ""),
        ("db = psycopg2.connect('a')\n", "", "from tasks import db\n"),
    ],
)
def test_connections_that_are_left_alone(made: str, more: str, other: str, tmp_path: Path) -> None:
    assert _after(tmp_path, "CEL409", f"{_HEAD}{made}\n\n{_USE}\n\n{more}", **{"other.py": other}) is None

"""Where repairs write settings that a project has not set yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_fixes import repaired

_TASK = "\n\n@app.task\ndef work(url):\n    store(fetch(url))\n"


def _limited(folder: Path, files: dict[str, str]) -> dict[str, str]:
    after, outcomes = repaired(folder, files, "CEL401")
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    again, _ = repaired(folder, after, "CEL401")
    assert again == after
    return {path: text for path, text in after.items() if text != files[path]}


_LIMITS = "{i}task_time_limit = 1800\n{i}task_soft_time_limit = 1500\n"
_CONF = _LIMITS.format(i="app.conf.")
_APP = "app = Celery('a')\n"


@pytest.mark.parametrize(
    ("before", "added", "rest"),
    [
        (_APP + "app.conf.update(timezone='UTC'", ", task_time_limit=1800, task_soft_time_limit=1500", ")\n"),
        (
            _APP + "app.conf.update(\n    timezone='UTC',  # ours\n",
            "    task_time_limit=1800,\n    task_soft_time_limit=1500,\n",
            ")\n",
        ),
        (_APP, _CONF, "app.conf.update({'timezone': 'UTC'})\nprint(app)\n"),
        (_APP + "print(app)\napp.conf.timezone = 'UTC'  # ours\n", _CONF, "print(app)\n"),
        ("app = Celery(\n    'a',\n    broker='redis://',\n)\n", _CONF, "app.autodiscover_tasks()\n"),
        ("if True:\n\tapp = Celery('a')\n", _LIMITS.format(i="\tapp.conf."), ""),
        ("app = Celery('a'); print(app)\n", _CONF, ""),
        ("if True: app = Celery('a')\n", "", ""),
        (_APP + "app.conf.CELERY_TIMEZONE = 'UTC'\n", "", ""),
    ],
)
def test_settings_of_the_app(before: str, added: str, rest: str, tmp_path: Path) -> None:
    head = "from celery import Celery\n\n"
    found = _limited(tmp_path, {"app.py": f"{head}{before}{rest}{_TASK}"})
    assert found == ({"app.py": f"{head}{before}{added}{rest}{_TASK}"} if added else {})


_READS = "from celery import Celery\n\napp = Celery('a')\napp.config_from_object({source})\napp.autodiscover_tasks()\n"


@pytest.mark.parametrize(
    ("source", "before", "added", "rest"),
    [
        ("'conf'", "imports = (\n    'a',\n)\n", _LIMITS.format(i=""), "\n# end\n"),
        ("'conf'", "broker_url = 'redis://'\n", _LIMITS.format(i=""), "imports = (\n    'a',\n)\n"),
        ("'conf'", "broker_url = 'redis://'", "\n" + _LIMITS.format(i="").rstrip(), ""),
        ("'conf:A'", "class A:\n  broker_url = 'redis://'\n", _LIMITS.format(i="  "), "  other = 1\n"),
        (
            "'conf', namespace='CELERY'",
            "CELERY_BROKER_URL = 'redis://'\n",
            "CELERY_TASK_TIME_LIMIT = 1800\nCELERY_TASK_SOFT_TIME_LIMIT = 1500\n",
            "if DEBUG:\n    CELERY_TIMEZONE = 'UTC'\n",
        ),
        ("'conf'", "BROKER_URL = 'redis://'\nCELERY_TIMEZONE = 'UTC'\n", "", ""),
    ],
)
def test_settings_in_what_the_app_reads(source: str, before: str, added: str, rest: str, tmp_path: Path) -> None:
    files = {"app.py": f"{_READS.format(source=source)}{_TASK}", "conf.py": before + rest}
    assert _limited(tmp_path, files) == ({"conf.py": before + added + rest} if added else {})


def test_the_lines_end_as_the_others(tmp_path: Path) -> None:
    files = {"app.py": f"from celery import Celery\n\napp = Celery('a')\n{_TASK}".replace("\n", "\r\n")}
    (text,) = _limited(tmp_path, files).values()
    assert "app.conf.task_time_limit = 1800\r\napp.conf.task_soft_time_limit = 1500\r\n" in text
    assert text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        ("", ["task_time_limit", "task_soft_time_limit"]),
        ("time_limit=60", ["task_time_limit"]),
        ("time_limit=7200", ["task_time_limit", "task_soft_time_limit"]),
        ("soft_time_limit=60", ["task_time_limit", "task_soft_time_limit"]),
        ("soft_time_limit=7200", []),
        ("soft_time_limit=int(input())", []),
        ("time_limit=int(input())", ["task_time_limit"]),
    ],
)
def test_limits_of_single_tasks_count(options: str, limits: list[str], tmp_path: Path) -> None:
    text = f"from celery import Celery\n\n{_APP}{_TASK}\n\n@app.task({options})\ndef other():\n    work.delay()\n"
    changed = _limited(tmp_path, {"app.py": text})
    lines = [line for line in changed.get("app.py", "").splitlines() if line.startswith("app.conf.")]
    assert [line.partition(" ")[0].removeprefix("app.conf.") for line in lines] == limits


def test_no_soft_limit_that_a_task_would_swallow(tmp_path: Path) -> None:
    body = "    for url in urls:\n        try: store(fetch(url))\n        except Exception: pass\n"
    text = f"from celery import Celery\n\napp = Celery('a')\n\n\n@app.task\ndef work(urls):\n{body}"
    (changed,) = _limited(tmp_path, {"app.py": text}).values()
    assert "task_time_limit" in changed
    assert "task_soft_time_limit" not in changed

"""Programs of Celery 3 in deployment files, where it is certain what takes their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_fixes import repaired

APP = {
    "shop/__init__.py": "",
    "shop/celery.py": "from celery import Celery\n\napp = Celery('shop', broker='redis://')\n",
}
BOTH = {**APP, "mails/celery.py": "from celery import Celery\n\nmails = Celery('mails', broker='redis://')\n"}


def line(folder: Path, command: str, files: dict[str, str] = APP) -> str:
    found, _ = repaired(folder, {**files, "Procfile": f"one: {command}\ntwo: gunicorn shop.wsgi\n"}, "CEL810")
    first, _, rest = found["Procfile"].partition("\n")
    assert rest == "two: gunicorn shop.wsgi\n"
    return first.removeprefix("one: ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("python manage.py celeryd -l info", "celery -A shop.celery worker -l info"),
        ("python3 ./manage.py celeryd -l info -c 4", "celery -A shop.celery worker -l info -c 4"),
        ("exec python manage.py celerybeat -l info", "exec celery -A shop.celery beat -l info"),
        ("DEBUG=1 ./manage.py celeryd -B", "DEBUG=1 celery -A shop.celery worker -B"),
        ("celeryd -A shop -l info", "celery -A shop worker -l info"),
        ("celerybeat --app=shop.celery -l info", "celery -A shop.celery beat -l info"),
        ("celeryd -A shop -l info && touch done", "celery -A shop worker -l info && touch done"),
    ],
)
def test_repaired(tmp_path: Path, before: str, after: str) -> None:
    assert line(tmp_path, before) == after


@pytest.mark.parametrize(
    "command",
    [
        "celeryd -l info",
        "celeryd -l info -A shop",
        "/srv/venv/bin/python manage.py celeryd -l info",
        "python src/manage.py celeryd -l info",
        "python manage.py celeryd --settings=shop.settings -l info",
        "python manage.py celeryd -v 2 -l info",
        "python manage.py celerycam --frequency=10",
        "celeryd -A $APP -l info",
    ],
)
def test_left_alone(tmp_path: Path, command: str) -> None:
    assert line(tmp_path, command) == command


def test_which_of_two_applications_cannot_be_told(tmp_path: Path) -> None:
    assert line(tmp_path, "python manage.py celeryd -l info", BOTH) == "python manage.py celeryd -l info"


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        ({}, False),
        ({"shop/old.py": "import djcelery\n"}, True),
        ({"shop/settings.py": "INSTALLED_APPS = ['djcelery']\n"}, True),
    ],
)
def test_requirements(tmp_path: Path, files: dict[str, str], kept: bool) -> None:
    text = "celery==5.6.0\ndjango-celery==3.3.1  # the admin\nredis\n"
    found, _ = repaired(tmp_path, {**APP, **files, "requirements.txt": text}, "CEL810")
    assert ("django-celery" in found["requirements.txt"]) == kept
    assert found["requirements.txt"].startswith("celery==5.6.0\n")
    assert found["requirements.txt"].endswith("redis\n")


@pytest.mark.parametrize(
    "entry", ["django-celery==3.3.1 \\\n    --hash=sha256:00", "-e git+https://x/y#egg=django-celery"]
)
def test_requirements_of_several_parts_are_left(tmp_path: Path, entry: str) -> None:
    text = f"celery==5.6.0\n{entry}\nredis\n"
    assert repaired(tmp_path, {**APP, "requirements.txt": text}, "CEL810")[0]["requirements.txt"] == text

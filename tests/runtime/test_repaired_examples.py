"""Both examples after `check --fix --unsafe-fixes`: most findings are gone, and what failed on a worker runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flake8_celery.harness import Lab
from flake8_celery.harness.processes import Processes
from flake8_celery.harness.servers import RedisServer
from flake8_celery.lint import Linter

EXAMPLES = Path(__file__).parents[2] / "examples"
AT_LEAST = 0.6
"""How many of the findings the repairs answer."""


def findings(folder: Path) -> int:
    linter = Linter(use_cache=False)
    return sum(len(linter.lint_file(f)) for f in linter.python_files([folder])) + len(linter.lint_deployment(folder)[0])


@pytest.fixture
def start(tmp_path: Path, processes: Processes, server: RedisServer) -> Iterator[Callable[[str, bool], Lab]]:
    """A lab with an example as it is, or repaired."""
    labs: list[Lab] = []

    def make(name: str, repaired: bool) -> Lab:
        folder = tmp_path / str(len(labs))
        shutil.copytree(EXAMPLES / name / "before", folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
        (folder / "setup.cfg").touch()
        if repaired:
            before = findings(folder)
            command = [sys.executable, "-m", "flake8_celery", "check", "--fix", "--unsafe-fixes", "--no-cache", "."]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (1, "")
            assert before - findings(folder) >= AT_LEAST * before
        lab = Lab(folder, processes=processes, redis=server)
        labs.append(lab)
        return lab

    yield make
    for lab in labs:
        lab.close()


def outcomes(lab: Lab, *tasks: tuple[str, tuple[object, ...]]) -> list[str]:
    return [lab.outcome(lab.send(name, *arguments)) for name, arguments in tasks]


@pytest.mark.parametrize("repaired", [False, True], ids=["as it is", "repaired"])
def test_django_shop(start: Callable[[str, bool], Lab], repaired: bool) -> None:
    lab = start("django-shop", repaired)
    lab.env |= {
        "SMS_GATEWAY_URL": lab.service.url,
        "STAFF_CHAT_URL": lab.service.url,
        "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
        "DATABASE_PATH": str(lab.folder / "shop.sqlite3"),
    }
    migrated = lab.python("manage.py", "migrate", "--verbosity", "0")
    assert migrated.code == 0, migrated.err
    lab.worker("shop", "--concurrency", "1")
    found = outcomes(
        lab,
        ("notifications.tasks.send_sms", ("+49 30 123", "paid")),
        ("notifications.tasks.send_sms", ("+49 30 123", "paid")),
        ("notifications.tasks.send_push", (1, "paid")),
        ("notifications.tasks.notify_staff", (1, "paid")),
    )
    if repaired:
        assert found == ["SUCCESS"] * 4
        assert outcomes(lab, ("reports.nightly.daily_report", ())) == ["SUCCESS"]
    else:
        assert found == [
            "SUCCESS",
            "FAILURE (RuntimeError)",
            "FAILURE (RuntimeError)",
            "FAILURE (EncodeError)",
        ]


@pytest.mark.parametrize("repaired", [False, True], ids=["as it is", "repaired"])
def test_fastapi_media(start: Callable[[str, bool], Lab], repaired: bool) -> None:
    lab = start("fastapi-media", repaired)
    files = lab.folder / "media-files"
    files.mkdir()
    (files / "1").write_bytes(b"bytes")
    lab.env |= {
        "DATABASE_URL": f"sqlite:///{lab.folder / 'media.sqlite3'}",
        "MEDIA_DIR": str(files),
        "CAPTION_URL": lab.service.url,
    }
    made = lab.python(
        "-c", "import media.models; from media.database import Base, engine; Base.metadata.create_all(engine)"
    )
    assert made.code == 0, made.err
    lab.worker("media.core.celery_app", "--concurrency", "1")
    urls = [f"{lab.service.url}one.txt", f"{lab.service.url}two.txt"]
    assert outcomes(lab, ("media.uploads.tasks.import_urls", (1, urls))) == ["SUCCESS"]
    lab.http((200, '{"caption": "a harbour at night"}'))
    captioned = outcomes(lab, ("media.uploads.tasks.caption", (1,)))
    if repaired:
        assert captioned == ["SUCCESS"]
        assert outcomes(lab, ("media.maintenance.cleanup.remove_expired", ())) == ["SUCCESS"]
    else:
        assert captioned == ["FAILURE (EncodeError)"]

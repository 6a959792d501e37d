"""What expressions that read the environment are where it sets nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.environment import Read
from tests.projects import make

HEAD = """
import os
from distutils.util import strtobool
import environ
from decouple import config
from environs import Env
from elsewhere import other

env = environ.Env(DECLARED=(bool, True))
envs = Env()
DEBUG = other()
"""


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("os.environ.get('X', 'a')", Read("X", "a")),
        ("os.getenv('X', default='a')", Read("X", "a")),
        ("os.getenv('X', 'True') == 'True'", Read("X", True)),
        ("os.getenv('X', 'True').lower() in ('true', '1')", Read("X", True)),
        ("os.getenv('X', '0') != '0'", Read("X", False)),
        ("not os.getenv('X', '')", Read("X", True)),
        ("os.getenv('X', 'a') not in ['a']", Read("X", False)),
        ("os.getenv('X', 'a') in 5", Read("X", False)),
        ("bool(int(os.getenv('X', '1')))", Read("X", True)),
        ("bool(os.getenv('X', 'False'))", Read("X", True)),
        ("str(os.getenv('X', 1))", Read("X", "1")),
        ("strtobool(os.getenv('X', 'yes'))", Read("X", True)),
        ("env.bool('X', True)", Read("X", True)),
        ("env.bool('X', default='off')", Read("X", False)),
        ("env('X', default=True)", Read("X", True)),
        ("env('DECLARED')", Read("DECLARED", True)),
        ("env.bool('DECLARED')", Read("DECLARED", True)),
        ("envs.bool('X', False)", Read("X", False)),
        ("config('X', default=True, cast=bool)", Read("X", True)),
        ("config('X', 'no', cast=bool)", Read("X", False)),
        ("os.environ['X']", None),
        ("os.environ.get('X')", None),
        ("os.environ.get(DEBUG, 'a')", None),
        ("os.environ.get('X', DEBUG)", None),
        ("env.bool('X', default=DEBUG)", None),
        ("env.bool('X')", None),
        ("env.list('X', default=[])", None),
        ("other('X', True)", None),
        ("other.bool('X', True)", None),
        ("int(os.getenv('X', 'a'))", None),
        ("os.getenv('X', '1') == DEBUG", None),
        ("os.getenv(*DEBUG)", None),
        ("os.getenv('X', 1).lower()", None),
        ("True", None),
    ],
)
def test_read(tmp_path: Path, code: str, read: Read | None) -> None:
    project = make(tmp_path, {"settings.py": f"{HEAD}\nFLAG = {code}\n"})
    module = project.module("settings.py")
    assert module is not None
    assert project.environment.read(module.body, module.body.assigned("FLAG")[0].value) == read


def test_words_of_deployment_files(tmp_path: Path) -> None:
    project = make(tmp_path, {".env": "SKIP=1\n", "Procfile": "web: NO_SKIPPING=1 gunicorn\n", "a.py": "OTHER = 1\n"})
    assert project.deployment_mentions("SKIP")
    assert project.deployment_mentions("NO_SKIPPING")
    assert not project.deployment_mentions("SKIPPING")
    assert not project.deployment_mentions("OTHER")

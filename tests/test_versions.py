"""Which Celery a project runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import make

PYPROJECT = '[project]\nname = "shop"\ndependencies = ["django", "celery[redis]>=5.3,<6"]\n'
UV_LOCK = """
    [[package]]
    name = "billiard"
    version = "4.2.1"

    [[package]]
    name = "celery"
    version = "5.4.0"
    source = { registry = "https://pypi.org/simple" }
    dependencies = [
        { name = "billiard" },
    ]

    [[package]]
    name = "celery-types"
    version = "0.22.0"
    """
PIPFILE_LOCK = """
    {
        "default": {
            "celery": {
                "extras": ["redis"],
                "hashes": ["sha256:0", "sha256:1"],
                "index": "pypi",
                "version": "==5.2.7"
            },
            "click": {
                "version": "==8.1.7"
            }
        }
    }
    """


def version(folder: Path, files: dict[str, str]) -> tuple[str, bool, str] | None:
    found = make(folder, files).celery_version()
    return (str(found), found.pinned, found.path) if found is not None else None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": PYPROJECT}, ("5.3.0", False, "pyproject.toml")),
        ({"pyproject.toml": PYPROJECT, "uv.lock": UV_LOCK}, ("5.4.0", True, "uv.lock")),
        (
            {"pyproject.toml": PYPROJECT, "poetry.lock": UV_LOCK.replace("5.4.0", "5.5.3")},
            ("5.5.3", True, "poetry.lock"),
        ),
        ({"Pipfile.lock": PIPFILE_LOCK}, ("5.2.7", True, "Pipfile.lock")),
        ({"api/pyproject.toml": PYPROJECT, "api/pdm.lock": UV_LOCK}, ("5.4.0", True, "api/pdm.lock")),
        ({"pyproject.toml": PYPROJECT, "requirements.txt": "celery==5.5.1"}, ("5.5.1", True, "requirements.txt")),
        ({"pyproject.toml": PYPROJECT, "requirements.txt": "celery>=5.5.1"}, ("5.3.0", False, "pyproject.toml")),
        ({"setup.py": "setup(install_requires=['kombu', 'celery >= 4.4'])"}, ("4.4.0", False, "setup.py")),
        ({"setup.cfg": "[options]\ninstall_requires =\n    celery>=5.1\n"}, ("5.1.0", False, "setup.cfg")),
        ({"Pipfile": '[packages]\ncelery = "==5.3.1"\n'}, ("5.3.1", True, "Pipfile")),
    ],
)
def test_which_file_counts(tmp_path: Path, files: dict[str, str], expected: tuple[str, bool, str]) -> None:
    assert version(tmp_path, files) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("celery==5.3.6", ("5.3.6", True)),
        ("celery[redis,sqs] == 5.3.6  # tasks", ("5.3.6", True)),
        ("Celery==5.3.6 --hash=sha256:00", ("5.3.6", True)),
        ("celery==5.3.6 ; python_version >= '3.9'", ("5.3.6", True)),
        ("celery==5.6.0rc1", ("5.6.0", True)),
        ("celery===5.3.6", ("5.3.6", True)),
        ("celery==5.4.*", ("5.4.0", False)),
        ("celery~=5.4.1", ("5.4.1", False)),
        ("celery>=5.2,!=5.2.3,<6", ("5.2.0", False)),
        ("celery>5", ("5.0.0", False)),
        ("celery", None),
        ("celery<6", None),
        ("celery!=5.0.6,!=5.3.0", None),
        ("celery @ git+https://github.com/celery/celery@v5.4.0", None),
        ("celery-types==0.22.0", None),
        ("django-celery==3.3.1", None),
        ("# celery==5.3.6", None),
    ],
)
def test_a_line_of_requirements(tmp_path: Path, line: str, expected: tuple[str, bool] | None) -> None:
    found = version(tmp_path, {"requirements.txt": f"django\n{line}\nredis==5.0\n"})
    assert (found[:2] if found is not None else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[tool.poetry.dependencies]\ncelery = "^5.3"\n', ("5.3.0", False)),
        ('[tool.poetry.dependencies]\ncelery = "5.3.6"\n', ("5.3.6", True)),
        ('[tool.poetry.dependencies]\ncelery = "*"\n', None),
        ('[tool.poetry.dependencies]\ncelery = {version = "~5.4", extras = ["redis"]}\n', ("5.4.0", False)),
        ('[tool.poetry.dependencies]\ncelery = {git = "https://github.com/celery/celery"}\n', None),
        ('[tool.poetry.group.worker.dependencies]\nCelery = ">=5.2"\n', ("5.2.0", False)),
        ('[project.optional-dependencies]\nworker = ["celery>=5.5"]\n', ("5.5.0", False)),
        ('[dependency-groups]\ntest = ["celery>=5.5", {include-group = "lint"}]\n', ("5.5.0", False)),
        ('[tool.other]\ncelery = "5.3.6"\n', None),
        ("[tool.other\ncelery", None),
    ],
)
def test_pyproject(tmp_path: Path, text: str, expected: tuple[str, bool] | None) -> None:
    found = version(tmp_path, {"pyproject.toml": text})
    assert (found[:2] if found is not None else None) == expected


def test_of_one_kind_the_files_nearest_to_the_root_count(tmp_path: Path) -> None:
    files = {"requirements.txt": "celery==5.4.0", "services/mail/requirements.txt": "celery==5.2.7"}
    assert version(tmp_path, files) == ("5.4.0", True, "requirements.txt")


def test_requirements_of_tests_do_not_count_beside_others(tmp_path: Path) -> None:
    files = {"requirements/base.txt": "celery==5.4.0", "requirements/tests.txt": "celery==5.7.0"}
    assert version(tmp_path, files) == ("5.4.0", True, "requirements/base.txt")


def test_files_that_differ_in_the_last_number_agree_on_the_lower(tmp_path: Path) -> None:
    files = {"requirements/base.txt": "celery==5.4.1", "requirements/prod.txt": "celery==5.4.0"}
    assert version(tmp_path, files) == ("5.4.0", True, "requirements/prod.txt")


def test_files_that_contradict_each_other_tell_nothing(tmp_path: Path) -> None:
    files = {"api/requirements.txt": "celery==5.2.7", "worker/requirements.txt": "celery==5.4.0"}
    assert version(tmp_path, files) is None


def test_nothing_is_known_without_requirements(tmp_path: Path) -> None:
    assert version(tmp_path, {"tasks.py": "from celery import shared_task\n"}) is None


def test_before(tmp_path: Path) -> None:
    found = make(tmp_path, {"requirements.txt": "celery>=5.4"}).celery_version()
    assert found is not None
    assert found.is_before(5, 5)
    assert not found.is_before(5, 4)
    assert not found.is_before(5, 3)

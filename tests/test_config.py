"""`[tool.flake8-celery]` in pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.config import Config, ConfigError, did_you_mean, load, with_codes
from flake8_celery.lint import Selection


def project(folder: Path, table: str) -> Path:
    (folder / "pyproject.toml").write_text(f"[tool.flake8-celery]\n{table}\n", "utf-8")
    return folder


def test_every_key_is_read(tmp_path: Path) -> None:
    project(
        tmp_path,
        """
        select = ["CEL2", "CEL402"]
        extend-select = ["CEL9"]
        ignore = ["CEL208"]
        exclude = ["old/"]
        task-decorators = ["proj.job"]
        celery-app-path = "core/celery_app.py"
        """,
    )
    assert load(tmp_path) == Config(
        select=("CEL2", "CEL402"),
        extend_select=("CEL9",),
        ignore=("CEL208",),
        exclude=("old/",),
        task_decorators=("proj.job",),
        celery_app_path="core/celery_app.py",
    )


def test_no_file_and_no_table_are_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'flake8-celery-user'\n", "utf-8")
    assert load(tmp_path) == Config()


def test_a_file_of_others_need_not_be_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black\n", "utf-8")
    assert load(tmp_path) == Config()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("selct = []", "unknown key `selct`, did you mean `select`?"),
        ("zebra = 1", "unknown key `zebra`"),
        ("select = 'CEL4'", "`select` must be a list of strings"),
        ("exclude = [1]", "`exclude` must be a list of strings"),
        ("celery-app-path = ['a.py']", "`celery-app-path` must be a string"),
        ("select = ['CEL40', 'CLE208']", "`select`: no rule's code begins with `CLE208`, did you mean `CEL208`?"),
        ("ignore = ['']", "`ignore`: no rule's code begins with ``"),
        ("select = [", "at "),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(project(tmp_path, table))
    assert str(error.value).startswith(f"{tmp_path / 'pyproject.toml'}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_table_must_be_a_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nflake8-celery = 3\n", "utf-8")
    with pytest.raises(ConfigError, match=r"`tool\.flake8-celery` must be a table"):
        load(tmp_path)


def test_undecodable_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# flake8-celery \xff\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: "):
        load(tmp_path)


def test_did_you_mean_knows_codes_in_lower_case() -> None:
    assert did_you_mean("cel40", ["CEL401", "CEL999"]) == ", did you mean `CEL401`?"
    assert did_you_mean("nothing alike", ["CEL401"]) == ""


CONFIGURED = Config(select=("CEL4",), extend_select=("CEL901",), ignore=("CEL402",), task_decorators=("proj.job",))


def test_a_selection_starts_afresh() -> None:
    found = with_codes(CONFIGURED, select=["CEL2"])
    assert (found.select, found.extend_select, found.ignore) == (("CEL2",), (), ())
    assert found.task_decorators == ("proj.job",)


def test_extending_and_ignoring_add_to_what_is_configured() -> None:
    found = with_codes(CONFIGURED, extend_select=["CEL3"], ignore=["CEL302"])
    assert (found.select, found.extend_select, found.ignore) == (("CEL4",), ("CEL901", "CEL3"), ("CEL402", "CEL302"))


def test_extending_by_what_is_ignored_brings_it_back() -> None:
    assert with_codes(CONFIGURED, extend_select=["CEL402"]).ignore == ()
    assert with_codes(CONFIGURED, extend_select=["CEL4021"]).ignore == ("CEL402",)


def test_ignoring_what_is_selected_takes_it_out() -> None:
    found = with_codes(CONFIGURED, ignore=["CEL90"])
    assert (found.select, found.extend_select, found.ignore) == (("CEL4",), (), ("CEL402", "CEL90"))


def test_ignoring_all_that_is_selected_leaves_nothing() -> None:
    found = with_codes(CONFIGURED, ignore=["CEL4"])
    selection = Selection(found.select, found.extend_select, found.ignore)
    assert not selection.enabled("CEL401")
    assert not selection.enabled("CEL208")

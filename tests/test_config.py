"""`[tool.flake8-celery]` in pyproject.toml."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from argparse import Namespace
from pathlib import Path

import jsonschema
import pytest
from flake8.main.cli import main as flake8
from hypothesis import given, settings
from hypothesis import strategies as st
from validate_pyproject.api import Validator
from validate_pyproject.errors import ValidationError
from validate_pyproject.plugins import list_from_entry_points

from flake8_celery.cli import _parser
from flake8_celery.commands.check import Run
from flake8_celery.config import (
    ABOUT,
    CODES,
    KEYS,
    LISTS,
    OTHERS,
    Config,
    ConfigError,
    _read,
    did_you_mean,
    flake8_options,
    load,
    option,
    with_codes,
)
from flake8_celery.lint import Selection
from flake8_celery.plugin import Plugin
from flake8_celery.schema import schema
from tests.test_rules_agree import script

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]


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
        baseline = "ci/old.json"
        task-decorators = ["proj.job"]
        celery-app-path = "core/celery_app.py"
        idempotent-tasks = ["proj.reports.*", "ship"]
        extra-apps = ["proj.search:app", "*.legacy.*"]
        default-queue-tasks = ["proj.mail.*"]
        banned-decorators = ["celery.shared_task", "*.task"]
        plain-text-hosts = ["redis", "*.internal", "10.0.0.*", "::1"]
        """,
    )
    assert load(tmp_path) == Config(
        select=("CEL2", "CEL402"),
        extend_select=("CEL9",),
        ignore=("CEL208",),
        exclude=("old/",),
        baseline="ci/old.json",
        task_decorators=("proj.job",),
        celery_app_path="core/celery_app.py",
        idempotent_tasks=("proj.reports.*", "ship"),
        extra_apps=("proj.search:app", "*.legacy.*"),
        default_queue_tasks=("proj.mail.*",),
        banned_decorators=("celery.shared_task", "*.task"),
        plain_text_hosts=("redis", "*.internal", "10.0.0.*", "::1"),
    )


def test_no_file_and_no_table_are_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'flake8-celery-user'\n", "utf-8")
    assert load(tmp_path) == Config()


def test_a_file_of_others_need_not_be_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black\n", "utf-8")
    assert load(tmp_path) == Config()


MISTAKES = pytest.mark.parametrize(
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
        ("idempotent-tasks = 'proj.*'", "`idempotent-tasks` must be a list of strings"),
        ("idempotent-tasks = ['']", "`idempotent-tasks`: `` is no name of a task"),
        ("idempotent-task = []", "unknown key `idempotent-task`, did you mean `idempotent-tasks`?"),
        ("extra-apps = ['core/app.py']", "`extra-apps`: `core/app.py` is no dotted path"),
        ("extra-apps = ['a.b', 'a..b']", "`extra-apps`: `a..b` is no dotted path"),
        ("extra-apps = true", "`extra-apps` must be a list of strings"),
        ("default-queue-tasks = ['']", "`default-queue-tasks`: `` is no name of a task"),
        ("banned-decorators = ['@shared_task']", "`banned-decorators`: `@shared_task` is no dotted name"),
        ("banned-decorators = [{name = 'x'}]", "`banned-decorators` must be a list of strings"),
        ("plain-text-hosts = ['redis://cache']", "`plain-text-hosts`: `redis://cache` is no host"),
        ("baseline = false", "`baseline` must be a string"),
    ],
)


@MISTAKES
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


# --- the schema and the page


def test_page_and_schema_are_those_of_today() -> None:
    assert script("configuration").main(["--check"]) == 0, "run: uv run scripts/configuration.py"


def test_the_check_finds_what_is_not_that_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = script("configuration")
    page, file = tmp_path / "configuration.md", tmp_path / "schema.json"
    page.write_text(f"# Keys\n{module.START}| old |\n{module.END}the end\n", "utf-8")
    monkeypatch.setattr(module, "PAGE", page)
    monkeypatch.setattr(module, "SCHEMA", file)
    assert module.main(["--check"]) == 1
    assert not file.exists()
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0
    assert page.read_text("utf-8").startswith("# Keys\n<!-- keys")
    assert page.read_text("utf-8").endswith("<!-- end of keys -->\nthe end\n")
    assert "| old |" not in page.read_text("utf-8")
    assert "written" in capsys.readouterr().err


def valid(table: object) -> bool:
    return bool(jsonschema.Draft7Validator(schema()).is_valid(table))


def readable(table: dict[str, object]) -> bool:
    try:
        _read(table, "pyproject.toml")
    except ConfigError:
        return False
    return True


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md", "docs/intent.md", "docs/adopting.md"])
def test_tables_on_the_pages_are_right(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    tables = re.findall(r"^```toml\n(\[tool\.flake8-celery\]\n.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert tables
    for table in tables:
        read = tomllib.loads(table)["tool"]["flake8-celery"]
        assert readable(read)
        assert valid(read)


@MISTAKES
def test_the_schema_refuses_what_is_refused(table: str, message: str) -> None:
    try:
        read = tomllib.loads(table)
    except tomllib.TOMLDecodeError:
        return
    unknown_code = "no rule's code begins with `CLE208`" in message
    assert not valid(read) or unknown_code
    with pytest.raises(ValidationError):
        _validator()({"tool": {"flake8-celery": read}})


def _validator() -> Validator:
    """validate-pyproject's, with the plugins that it finds by itself."""
    plugins = [plugin for plugin in list_from_entry_points() if plugin.tool == "flake8-celery"]
    assert plugins, "the entry point is not there: install the package again"
    return Validator(plugins)


def test_validate_pyproject_finds_the_schema() -> None:
    _validator()({"tool": {"flake8-celery": {"select": ["CEL4"], "extra-apps": ["a.b:c"], "baseline": "x.json"}}})


words = st.text(st.sampled_from("ab*?[]!-_.:/@ ü\\(),;='\"<>"), max_size=5)
values = st.one_of(
    words, st.lists(st.one_of(words, st.sampled_from(["CEL4", "CEL401", "C"]))), st.booleans(), st.none()
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*KEYS, "selct"]), values, max_size=3))
def test_the_schema_agrees_with_what_reads_the_table(table: dict[str, object]) -> None:
    assert valid(table) == readable(table)


# --- what wins


def in_force_for_flake8(*arguments: str) -> Config:
    """The settings of the project in the current folder, as a run of flake8 has them."""
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        flake8(["-j1", *arguments])
    return Plugin._override(load(Path.cwd()))


def in_force_for_check(*arguments: str) -> Config:
    options: Namespace = _parser().parse_args(["check", *arguments])
    return Run(options)._override(load(Path.cwd()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", OTHERS)
def test_the_order_of_the_places(name: str, folder: Path) -> None:
    def value(*words: str) -> object:
        if name == "baseline":
            return str(folder / words[-1])
        return words if name in LISTS else words[-1]

    def added(*words: str) -> object:
        return value(*words) if name == "exclude" else value(words[-1])

    assert getattr(in_force_for_flake8(), name) == getattr(in_force_for_check(), name) == getattr(Config(), name)
    written = '["file"]' if name in LISTS else '"file"'
    project(folder, f"{name.replace('_', '-')} = {written}")
    configured = "file" if name == "baseline" else value("file")
    assert getattr(in_force_for_flake8(), name) == getattr(in_force_for_check(), name) == configured
    (flag,) = flake8_options(name)
    slash = "./" if name == "baseline" else ""  # without one, flake8 takes it for no path
    (folder / "tox.ini").write_text(f"[flake8]\n{flag[2:]} = {slash}ini\n", "utf-8")
    assert getattr(in_force_for_flake8(), name) == added("file", "ini")
    assert getattr(in_force_for_flake8(flag, f"{slash}line"), name) == added("file", "line")
    assert getattr(in_force_for_check(), name) == configured
    if name == "exclude":  # added by the linter
        assert _parser().parse_args(["check", option(name), "line"]).exclude == ["line"]
    else:
        assert getattr(in_force_for_check(option(name), "line"), name) == value("line")


@pytest.mark.parametrize("name", CODES)
def test_codes_are_options_of_both(name: str, folder: Path) -> None:
    assert getattr(in_force_for_check(option(name), "CEL4"), name) == ("CEL4",)
    for flag in flake8_options(name):
        assert "CEL4" in getattr(in_force_for_flake8(flag, "CEL4"), name)


def test_wrong_options_name_the_option(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--extra-apps: `core/app\.py` is no dotted path$"):
        in_force_for_check("--extra-apps", "core/app.py")
    with pytest.raises(ConfigError, match=r"^--celery-extra-apps: `core/app\.py` is no dotted path$"):
        in_force_for_flake8("--celery-extra-apps", "core/app.py")


def test_each_key_says_what_it_is() -> None:
    for name, key in ABOUT.items():
        assert key.help, name
        assert not key.help.endswith("."), name
        assert bool(key.item) == bool(key.shape or name in CODES), name

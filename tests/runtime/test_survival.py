"""Survival with real workers: the shop of the guide in its three versions, and what the harness refuses."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from flake8_celery.harness import HarnessError
from flake8_celery.harness.outcome import ALL, Report
from flake8_celery.harness.survival import Harness

SHOPS = Path(__file__).parents[2] / "examples" / "harness"
pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def checks() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("shop_checks", SHOPS / "checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    module.FOLDER.cleanup()


@pytest.fixture(scope="module")
def env(checks: ModuleType) -> dict[str, str]:
    added: dict[str, str] = checks.env()
    return added


def survive(shop: str, env: dict[str, str], checks: ModuleType, **options: Any) -> Report:
    with Harness("shop:app", SHOPS / shop, env) as harness:
        return harness.survives("shop.fulfil", [1], reset=checks.reset, observe=checks.observe, **options)


def fates(report: Report, fault: str) -> dict[str, str]:
    """What became of the task, by the text of the line at which the fault struck."""
    return {
        "(return)" if o.point and o.point.after else report.source(o.point)[:16] if o.point else "": o.verdict
        for o in report.outcomes
        if o.fault == fault
    }


def rules(report: Report, fault: str) -> set[str]:
    return {reason.code for o in report.outcomes if o.fault == fault for reason in o.because}


def test_the_broken_shop_loses_and_doubles(env: dict[str, str], checks: ModuleType) -> None:
    report = survive("broken", env, checks, faults=("kill", "twice", "network", "hang", "flush"))
    assert not report.survived
    assert report.clean == {"charges": 1, "mails": 1, "state": "done"}
    assert fates(report, "kill") == {
        "db = database()": "lost",
        "return sqlite3.c": "lost",
        "amount, email = ": "lost",
        "requests.post(os": "lost",
        'db.execute("UPDA': "lost",
        "(return)": "survived",
    }
    assert fates(report, "twice") == {"": "doubled"}
    assert fates(report, "network") == {"requests.post(os": "lost"}
    assert fates(report, "hang") == {'db.execute("UPDA': "stuck"}
    assert fates(report, "flush") == {"": "lost"}
    assert rules(report, "kill") == {"CEL904"}
    assert rules(report, "network") == {"CEL301"}
    assert rules(report, "hang") == {"CEL401", "CEL402"}
    killed = [o for o in report.outcomes if o.fault == "kill"]
    assert {o.exception for o in killed} == {"WorkerLostError"}
    assert {o.runs for o in killed} == {1}


def test_the_half_fixed_shop_doubles(env: dict[str, str], checks: ModuleType) -> None:
    report = survive("half_fixed", env, checks, faults=("kill", "race", "network", "hang"))
    killed = [(report.source(o.point), o.difference) for o in report.outcomes if o.point and o.verdict == "doubled"]
    assert any("MAILER" in line and difference == ("charges: 2 instead of 1",) for line, difference in killed)
    assert fates(report, "kill")["db = database()"] == "survived"
    assert fates(report, "kill")["(return)"] == "doubled"
    assert fates(report, "race") == {"db = database()": "doubled"}
    assert [o.verdict for o in report.outcomes if o.fault == "network"] == ["survived", "doubled"]
    assert [(o.verdict, o.exception) for o in report.outcomes if o.fault == "hang"] == [
        ("lost", "SoftTimeLimitExceeded")
    ]
    assert rules(report, "kill") == {"CEL903"}


def test_the_fixed_shop_survives_everything(env: dict[str, str], checks: ModuleType) -> None:
    seen: list[tuple[int, int, str]] = []
    report = survive("fixed", env, checks, recover="shop.resume", progress=lambda *at: seen.append(at))
    assert report.survived, repr(report)
    assert {o.fault for o in report.outcomes} == set(ALL)
    assert report.skipped == ()
    assert [o.fault for o in report.outcomes if o.recovered] == ["flush"]
    assert [at[0] for at in seen] == list(range(len(report.outcomes)))


SMALL = """
import os
import pathlib

from celery import Celery
from kombu import Queue

app = Celery("small", broker="redis://elsewhere.example/0")
out = pathlib.Path(os.environ["OUT"])


@app.task
def add(number=1):
    out.write_text(out.read_text() + "x" * number)


app.conf.task_queues = [Queue("fast"), Queue("slow")]
app.conf.task_default_queue = "fast"
app.conf.task_routes = {"small.handed_on": {"queue": "undeclared"}, "small.add": {"queue": "slow"}}


@app.task(acks_late=True, reject_on_worker_lost=True, time_limit=60)
def handed_on():
    add.delay()


@app.task(bind=True, acks_late=True, max_retries=5)
def later(self):
    if self.request.retries < 2:
        raise self.retry(countdown=600)
    add(2)


@app.task
def fail():
    raise ValueError("no")


@app.task
def nothing():
    pass
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Harness, Path]]:
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.py").write_text(SMALL, "utf-8")
    out = folder / "out"
    with Harness("small:app", folder, {"OUT": str(out)}) as harness:
        yield harness, out


def test_a_clean_run_that_waits_for_its_retries_is_quick(small: tuple[Harness, Path]) -> None:
    harness, out = small
    report = harness.survives("small.later", reset=lambda: out.write_text(""), observe=out.read_text, faults=("kill",))
    assert report.clean == "xx"
    assert report.seconds < 60
    assert {"if self.request.retries < 2:", "add(2)"} <= {report.source(o.point) for o in report.outcomes if o.point}


def test_connections_through_a_proxy(checks: ModuleType) -> None:
    """As for a driver that opens its sockets itself: the connection is to a port that Python's sockets may have."""
    env = checks.env()
    port = int(env["PAYMENTS"].split(":")[2].partition("/")[0])
    with Harness("shop:app", SHOPS / "half_fixed") as harness:
        for name, url in env.items():
            harness.env[name] = url.replace(f":{port}/", f":{harness.proxy(port).port}/")
        report = harness.survives("shop.fulfil", [1], reset=checks.reset, observe=checks.observe, faults=("network",))
    assert [(o.note, o.verdict) for o in report.outcomes] == [
        ("connection 1", "survived"),
        ("connection 2", "doubled"),
        (f"connection 1 to port {port}", "survived"),
        (f"connection 2 to port {port}", "doubled"),
    ]


def test_what_a_task_hands_on_through_other_queues_is_waited_for(small: tuple[Harness, Path]) -> None:
    harness, out = small
    report = harness.survives(
        "small.handed_on", reset=lambda: out.write_text(""), observe=out.read_text, faults=("kill", "flush")
    )
    assert report.clean == "x"
    assert fates(report, "kill") == {"add.delay()": "survived", "(return)": "different"}
    assert fates(report, "flush") == {"": "lost"}


def test_keyword_arguments(small: tuple[Harness, Path]) -> None:
    harness, out = small
    report = harness.survives(
        "small.add", kwargs={"number": 3}, reset=lambda: out.write_text(""), observe=out.read_text, faults=("twice",)
    )
    assert report.clean == "xxx"
    assert [o.verdict for o in report.outcomes] == ["different"]


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        ("small.nope", {}, "has no task small.nope; it has: small.add, small.fail"),
        ("small.add", {"recover": "small.nope"}, "has no task small.nope"),
        ("small.add", {"faults": ("kill", "fire")}, "unknown fault fire"),
        ("small.fail", {}, "a clean run of small.fail fails with ValueError: no"),
        ("small.nothing", {}, r"observe\(\) shows the same before and after a clean run"),
    ],
)
def test_what_cannot_be_tried(small: tuple[Harness, Path], task: str, options: dict[str, Any], message: str) -> None:
    harness, out = small
    with pytest.raises(HarnessError, match=message):
        harness.survives(task, reset=lambda: out.write_text(""), observe=out.read_text, **options)


def test_an_observation_that_is_never_the_same(small: tuple[Harness, Path]) -> None:
    harness, out = small
    times = itertools.count()
    with pytest.raises(HarnessError, match=r"two clean runs of small.add differ.*: 2 instead of 1"):
        harness.survives("small.add", reset=lambda: out.write_text(""), observe=lambda: next(times))


def test_an_app_that_cannot_be_loaded(tmp_path: Path) -> None:
    with Harness("nowhere:app", tmp_path) as harness, pytest.raises(HarnessError, match="No module named 'nowhere'"):
        harness.survives("x", reset=lambda: None, observe=lambda: None)


@pytest.mark.parametrize("fault", ["flush", "broker_restart"])
def test_a_server_of_the_users_is_not_destroyed(tmp_path: Path, fault: str) -> None:
    harness = Harness("small:app", tmp_path, redis_url="redis://127.0.0.1:1")
    with pytest.raises(HarnessError, match=f"{fault}: refused: it would stop or flush a server"):
        harness.survives("small.add", reset=lambda: None, observe=lambda: None, faults=(fault,))
    assert dict(harness._refused(ALL)).keys() == {"flush", "broker_restart"}


def prove(shop: str, *arguments: str, **env: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "flake8_celery", "prove", *arguments]
    return subprocess.Popen(
        command,
        cwd=SHOPS / shop,
        env={**os.environ, "PYTHONPATH": str(SHOPS), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run = prove(
        "half_fixed",
        *("shop:app", "shop.fulfil", "[1]", "--checks", "checks", "--faults", "twice,network"),
        *("--output-format", "json", "--html", str(page)),
    )
    out, errors = run.communicate(timeout=120)
    assert (run.returncode, errors) == (1, "")
    data = json.loads(out)
    assert [o["verdict"] for o in data["outcomes"]] == ["doubled", "survived", "doubled"]
    assert data["survived"] is False
    assert "Survival of shop.fulfil" in page.read_text("utf-8")


def test_the_command_when_everything_survives() -> None:
    arguments = ("shop:app", "shop.fulfil", '{"order_id": 1}', "--checks", "fixed_checks", "--faults", "twice,flush")
    run = prove("fixed", *arguments)
    out, errors = run.communicate(timeout=120)
    assert (run.returncode, errors) == (0, "")
    assert "shop.fulfil survives every fault that was tried: 2 survived." in out


def test_a_run_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    arguments = ("shop:app", "shop.fulfil", "[1]", "--checks", "fixed_checks", "--faults", "kill_worker")
    run = prove("fixed", *arguments, TMPDIR=str(tmp_path))
    family: list[psutil.Process] = []
    end = time.monotonic() + 60
    while len(family) < 4 and time.monotonic() < end and run.poll() is None:  # server, loader, worker, its child
        family = psutil.Process(run.pid).children(recursive=True)
        time.sleep(0.01)
    assert len(family) >= 4
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=120)
    assert psutil.wait_procs(family, timeout=60)[1] == []
    assert list(tmp_path.glob("flake8-celery-*")) == []


TEST = """
from checks import env, observe, reset

ENV = env()

def test_flush(celery_harness):
    shop = celery_harness.for_app("shop:app", env=ENV)
    report = shop.survives("shop.fulfil", [1], reset=reset, observe=observe, faults=("twice", "flush"))
    assert report.survived

def test_twice(celery_harness):
    report = celery_harness.survives(
        "shop.fulfil", [1], reset=reset, observe=observe, recover="shop.resume", faults=("twice", "flush"), env=ENV
    )
    assert report.survived
"""


def test_the_fixture(pytester: pytest.Pytester) -> None:
    for file in ("fixed/shop.py", "fixed/pyproject.toml", "checks.py"):
        shutil.copy(SHOPS / file, pytester.path)
    pytester.makepyfile(test_shop=TEST)
    installed = any(point.name == "flake8_celery" for point in entry_points(group="pytest11"))
    options = () if installed else ("-p", "flake8_celery.harness.pytest_plugin")
    result = pytester.runpytest_subprocess(*options, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*survival of shop.fulfil*", "*broker flushed*lost*", "*FAILED*test_flush*"])


def test_the_plugin_imports_no_celery() -> None:
    code = (
        "import sys, flake8_celery.harness.pytest_plugin; sys.exit('celery' in sys.modules or 'redis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

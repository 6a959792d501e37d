"""`flake8-celery prove`: verdicts, skips, exit codes, and that nothing outlives it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flake8_celery import cli, rule
from flake8_celery.harness import proofs
from flake8_celery.harness.proofs import Prover

Written = Callable[..., None]

APP = """
from celery import Celery
from lab import journal

app = Celery("shop")


@app.task
def ship():
    journal("shipped", {word!r})
"""
EXPERIMENT = """
def experiment(lab):
    lab.worker("shop")
    lab.outcome(lab.send("shop.ship"))
    return lab.journal("shipped")[0][1]
"""
DESTRUCTIVE = """
OWN_SERVER = True


def experiment(lab):
    lab.server.flush()
    lab.server.stop()
    return {"bad": "wrong", "good": "right"}[lab.variant]
"""
PAGE = """---
name: some-rule
severity: error
fix: none
since: 0.1.0
proof: worker
---
# some-rule (CEL998)

## Proof
| code | observed |
| --- | --- |
| bad | `wrong` |
| good | right |
"""


@pytest.fixture
def write_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Make this the only proof there is."""
    monkeypatch.setattr(proofs, "proofs_folder", lambda: tmp_path / "proofs")
    monkeypatch.setattr(rule, "pages_folder", lambda: tmp_path)

    def write(good: str = "right", page: str = PAGE, experiment: str = EXPERIMENT) -> None:
        (tmp_path / "CEL998.md").write_text(page, "utf-8")
        folder = tmp_path / "proofs" / "CEL998"
        for variant, word in (("bad", "wrong"), ("good", good)):
            (folder / variant).mkdir(parents=True, exist_ok=True)
            (folder / variant / "shop.py").write_text(APP.format(word=word), "utf-8")
        (folder / "proof.py").write_text(experiment, "utf-8")

    return write


def prove(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, object]]]:
    code = cli.main(["prove", "--output-format", "json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_a_proof_that_holds(write_proof: Written, capsys: pytest.CaptureFixture[str]) -> None:
    write_proof()
    code, [item] = prove(capsys)
    assert code == 0
    assert float(str(item.pop("seconds"))) > 0
    assert item == {
        "code": "CEL998",
        "broker": "redis",
        "bad": "wrong",
        "good": "right",
        "verdict": "holds",
        "reason": "",
    }


def test_a_proof_that_does_not_hold(write_proof: Written, capsys: pytest.CaptureFixture[str]) -> None:
    write_proof(good="wrong")
    code, [item] = prove(capsys, "cel998")
    assert code == 1
    assert item["verdict"] == "fails"
    assert item["reason"] == "good: the page says “right”, seen was “wrong”"
    assert cli.main(["prove"]) == 1
    shown = capsys.readouterr().out
    assert "the page says “right”, seen was “wrong”" in shown
    assert "0 hold, 1 fail, 0 skipped: Celery" in shown


def test_an_experiment_that_breaks(write_proof: Written, capsys: pytest.CaptureFixture[str]) -> None:
    write_proof(experiment="def experiment(lab):\n    raise LookupError('nothing seen')\n")
    code, [item] = prove(capsys)
    assert code == 1
    assert item["bad"] == "LookupError: nothing seen"


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (PAGE.replace("| good | right |", ""), "no row for the good code with Redis"),
        (PAGE.replace("| good |", "| best |"), "the row label 'best' is not like"),
    ],
)
def test_a_page_without_the_right_table(
    write_proof: Written, capsys: pytest.CaptureFixture[str], page: str, message: str
) -> None:
    write_proof(page=page)
    code, [item] = prove(capsys)
    assert code == 1
    assert message in str(item["reason"])


def test_the_narrowest_row_counts(write_proof: Written, capsys: pytest.CaptureFixture[str]) -> None:
    write_proof(
        good="new", page=PAGE + "| good, Redis | old |\n| good, Redis, Celery >=5 | new |\n| good, Celery <5 | x |\n"
    )
    assert prove(capsys)[0] == 0


def test_what_cannot_be_run_is_skipped_and_said(
    write_proof: Written, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "find_rabbitmq", lambda _: None)
    write_proof(experiment=EXPERIMENT + 'BROKERS = ("redis", "rabbitmq")\n')
    code, [rabbitmq, redis] = prove(capsys)
    assert code == 0
    assert (redis["verdict"], rabbitmq["verdict"]) == ("holds", "skipped")
    assert "no RabbitMQ" in str(rabbitmq["reason"])
    write_proof(experiment=EXPERIMENT + 'CELERY = ">=99"\n')
    assert cli.main(["prove"]) == 0
    assert "CEL998 Redis: skipped: about Celery >=99, installed is" in capsys.readouterr().out


def test_destructive_proofs_get_a_server_of_their_own(
    write_proof: Written, capsys: pytest.CaptureFixture[str], server: object
) -> None:
    from flake8_celery.harness.servers import RedisServer

    assert isinstance(server, RedisServer)
    write_proof(experiment=DESTRUCTIVE)
    assert prove(capsys)[0] == 0
    code, [item] = prove(capsys, "--redis-url", server.url(0))
    assert (code, item["verdict"]) == (0, "skipped")
    assert "only to a server that the harness started" in str(item["reason"])
    with server.client() as client:
        assert client.ping()


PARENT = """
import os

import psutil

{more}
def experiment(lab):
    worker = lab.worker("shop")
    assert psutil.Process(worker.pid).ppid() {relation} os.getpid()
    return {{"bad": "wrong", "good": "right"}}[lab.variant]
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked here")
def test_processes_are_forked_unless_the_proof_is_about_their_start(
    write_proof: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    write_proof(experiment=PARENT.format(more="", relation="!="))
    code, [item] = prove(capsys)
    assert (code, item["reason"]) == (0, "")
    write_proof(experiment=PARENT.format(more="FRESH = True", relation="=="))
    code, [item] = prove(capsys)
    assert (code, item["reason"]) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["CEL997"], "CEL997: no such rule"),
        (["CEL998"], "CEL998: no proof: not proved by a run yet"),
        (["--redis-url", "http://x"], "http://x: not a Redis URL"),
    ],
)
def test_wrong_usage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(proofs, "proofs_folder", lambda: tmp_path)
    monkeypatch.setattr(rule, "pages_folder", lambda: tmp_path)
    (tmp_path / "CEL998.md").write_text(PAGE, "utf-8")
    assert cli.main(["prove", *arguments]) == 2
    assert f"flake8-celery: error: {message}" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert cli.main(["prove"]) == 2
    assert "prove needs psutil: pip install 'flake8-celery[prove]'" in capsys.readouterr().err


def test_proofs_that_are_written_wrongly(write_proof: Written, tmp_path: Path) -> None:
    write_proof(experiment="BROKERS = ('kafka',)\ndef experiment(lab): ...\n")
    [proof] = proofs.load()
    with pytest.raises(proofs.ProofError, match=r"proof\.py: BROKERS: \('kafka',\) is not some of redis, rabbitmq"):
        _ = proof.brokers
    write_proof(experiment="")
    [proof] = proofs.load()
    with pytest.raises(proofs.ProofError, match=r"proof\.py: has no function experiment\(lab\)"):
        _ = proof.experiment


def test_closing_twice_and_before_the_start() -> None:
    prover = Prover()
    prover.close()
    prover.close()


# --- nothing outlives it


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tmp"
    folder.mkdir()
    yield folder
    for process in family(folder):
        process.kill()


def heed_interrupts() -> None:
    """What a shell starts in the background, these tests perhaps, begins with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def family(folder: Path) -> list[psutil.Process]:
    """The living processes whose temporary folder is this one."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def depth(process: psutil.Process) -> int:
    """How many processes stand above it."""
    with contextlib.suppress(psutil.Error):
        return len(process.parents())
    return 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, None])
def test_nothing_is_left(place: Path, number: signal.Signals | None) -> None:
    env = {**os.environ, "TMPDIR": str(place)}
    command = [sys.executable, "-m", "flake8_celery", "prove", "CEL307"]
    with subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509
    ) as run:
        if number is not None:
            # the server is running, and a worker with its pool, which stands below a template where there is one
            forked = sys.platform == "linux"
            below = depth(psutil.Process(run.pid)) + (3 if forked else 2)
            end = time.monotonic() + 60
            while time.monotonic() < end and max(map(depth, family(place)), default=0) < below:
                time.sleep(0.01)
            assert forked is any("harness.template" in " ".join(process.cmdline()) for process in family(place))
            assert forked is any(path.name.startswith("flake8-celery-template") for path in place.iterdir())
            run.send_signal(number)
        output, _ = run.communicate(timeout=120)
        assert run.returncode == (0 if number is None else 130 if number == signal.SIGINT else 128 + number), output
    assert family(place) == []
    assert [path.name for path in place.iterdir() if path.name.startswith("flake8-celery")] == []

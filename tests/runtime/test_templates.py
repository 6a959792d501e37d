"""What is forked off a template is what is started anew: for itself, for the lab, and when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from flake8_celery.harness import HarnessError, Lab
from flake8_celery.harness.journal import Journal
from flake8_celery.harness.lab import outer_environment
from flake8_celery.harness.processes import Processes
from flake8_celery.harness.servers import RedisServer
from flake8_celery.harness.template import recorded_environment, search_path
from flake8_celery.harness.templates import Template, Templates

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked here")

LOOK = """
import gc, json, locale, os, resource, signal, subprocess, sys, threading, time, warnings


def look():
    main = sys.modules["__main__"]
    handlers = {}
    for number in sorted(signal.valid_signals()):
        try:
            handlers[int(number)] = str(signal.getsignal(number)).partition(" at ")[0]
        except ValueError:
            pass
    mask = os.umask(0)
    os.umask(mask)
    return {
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "path": sys.path,
        "flags": repr(sys.flags),
        "executable": sys.executable,
        "main": [main.__name__, getattr(main, "__file__", None), getattr(main.__spec__, "name", None)],
        "package": main.__package__,
        "environment": dict(os.environ),
        "inherited": sorted(subprocess.check_output(["env"], text=True).splitlines()),
        "folder": os.getcwd(),
        "leads": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()],
        "handlers": handlers,
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "umask": mask,
        "files": {n: os.path.basename(os.path.realpath(f"/proc/self/fd/{n}")) for n in range(3)},
        "opened": len(os.listdir("/proc/self/fd")),
        "threads": [thread.name for thread in threading.enumerate()],
        "collecting": [gc.isenabled(), gc.get_threshold()],
        "locale": [locale.setlocale(locale.LC_ALL), time.tzname],
        "printing": [sys.stdout.encoding, sys.stdout.errors, sys.stdout.write_through, sys.stdout.line_buffering],
        "bytecode": sys.dont_write_bytecode,
        "limits": [resource.getrlimit(n) for n in range(10)],
        "switching": sys.getswitchinterval(),
        "depth": sys.getrecursionlimit(),
        "nice": os.nice(0),
        "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__],
        "warnings": [str(entry) for entry in warnings.filters],
    }
"""
APP = """
import json, os
from celery import Celery
from lab import gate, journal
from look import look

SEEN = look()
GREETING = os.environ.get("GREETING")
app = Celery("shop")


@app.task
def told():
    journal("told", GREETING, json.dumps(SEEN))


@app.task
def held():
    journal("held")
    gate("go")
"""
SCRIPT = """
import json
from look import look

print(json.dumps(look()))
"""
FILES = {"look.py": LOOK, "shop.py": APP, "script.py": SCRIPT}


@pytest.fixture(scope="module")
def templates(processes: Processes) -> Iterator[Templates]:
    found = Templates(processes, outer_environment())
    yield found
    found.close()


@pytest.fixture
def make(tmp_path: Path, processes: Processes, server: RedisServer) -> Iterator[Any]:
    """Labs with the same files; the first argument is what they fork off, None for nothing."""
    labs: list[Lab] = []

    def one(found: Templates | None, **more: str) -> Lab:
        source = tmp_path / f"source-{len(labs)}"
        source.mkdir()
        for name, text in (FILES | {f"{name}.py": text for name, text in more.items()}).items():
            (source / name).write_text(text, "utf-8")
        labs.append(Lab(source, processes=processes, redis=server, templates=found))
        return labs[-1]

    yield one
    for lab in labs:
        lab.close()


def parent(pid: int) -> str:
    return " ".join(psutil.Process(psutil.Process(pid).ppid()).cmdline())


def neutral(text: str, lab: Lab) -> Any:
    """What a process saw of itself, with the lab's name, port and databases left out."""
    folder = os.path.realpath(lab.folder)
    text = text.replace(folder, "FOLDER").replace(str(lab.folder), "FOLDER").replace(lab.name, "LAB")
    for url in (lab.service.url, lab.broker_url, lab.backend_url, lab.env["REDIS_URL"]):
        text = text.replace(json.dumps(url)[1:-1], "URL")
    found = json.loads(text)
    found["environment"].pop("_", None)
    found["inherited"] = [line for line in found["inherited"] if not line.startswith("_=")]
    return found


@pytest.mark.parametrize("arguments", [["script.py", "a", "b"], ["-c", SCRIPT, "a"], ["./script.py"]])
def test_a_script_sees_the_same(make: Any, templates: Templates, arguments: list[str]) -> None:
    seen = []
    for found in (None, templates):
        lab = make(found)
        ran = lab.python(*arguments, env={"GREETING": "hello"})
        assert (ran.code, ran.err) == (0, "")
        seen.append(neutral(ran.out, lab))
    assert seen[0]["environment"]["GREETING"] == "hello"
    assert seen[1] == seen[0]


def test_a_worker_and_its_app_see_the_same(make: Any, templates: Templates) -> None:
    seen = []
    for found in (None, templates):
        lab = make(found)
        worker = lab.worker("shop", env={"GREETING": "hello"})
        assert ("harness.template" in parent(worker.pid)) is (found is templates)
        lab.send("shop.told")
        [[_, greeting, looked]] = lab.wait_for("told")
        assert greeting == "hello"
        seen.append(neutral(looked, lab))
    assert seen[1] == seen[0]


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("pass", 0),
        ("raise SystemExit(3)", 3),
        ("raise SystemExit('told')", 1),
        ("import os; os._exit(4)", 4),
        ("1 / 0", 1),
        ("1 +", 1),
        ("import nothing_of_this_name", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("import atexit; atexit.register(print, 'at the end'); print('first')", 0),
        ("import threading; threading.Thread(target=print, args=['beside']).start()", 0),
        ("from celery import nothing_of_this_name", 1),
        ("def f():\n    raise KeyError(1)\ntry:\n    f()\nexcept KeyError as e:\n    raise ValueError('x') from e", 1),
    ],
)
def test_a_script_ends_the_same(make: Any, templates: Templates, code: str, ended: int) -> None:
    for arguments in (["-c", code], ["written.py"]):
        seen = []
        for found in (None, templates):
            lab = make(found, written=code)
            ran = lab.python(*arguments)
            seen.append((ran.code, ran.out, ran.error, ran.err.replace(str(lab.folder), "FOLDER")))
        assert seen[1] == seen[0]
        assert seen[0][0] == ended


def test_a_worker_ends_the_same(make: Any, templates: Templates) -> None:
    for found in (None, templates):
        lab = make(found)
        worker = lab.worker("shop")
        children = worker.children()
        assert children
        worker.terminate()
        assert worker.wait(60) == 0
        worker = lab.worker("shop")
        children = worker.children()
        lab.send("shop.held")
        lab.wait_for("held")
        worker.kill()
        assert worker.wait() == -signal.SIGKILL
        assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
        with pytest.raises(HarnessError, match="nothing_of_this_name"):
            lab.worker("nothing_of_this_name")


def test_beat_is_forked_too(make: Any, templates: Templates) -> None:
    app = 'app.conf.beat_schedule = {"now": {"task": "shop.told", "schedule": 0.1}}\n'
    lab = make(templates, timely="from shop import app\n" + app)
    beat = lab.beat("timely")
    assert "harness.template" in parent(beat.pid)
    assert lab.until(lambda: lab.left(0) >= 2)


# --- where it might differ, nothing is forked


@pytest.mark.parametrize(
    "env",
    [
        {"TZ": "EST5"},
        {"PYTHONHASHSEED": "1"},
        {"LC_ALL": "C"},
        {"HOME": "/"},
        {"KOMBU_LOG_DEBUG": "1"},
        {"CELERY_TRACE_APP": "1"},
    ],
)
def test_what_is_read_by_imports_has_to_be_the_same(make: Any, templates: Templates, env: dict[str, str]) -> None:
    lab = make(templates)
    command = [sys.executable, "-c", "pass"]
    assert templates.find(command, cwd=lab.folder, env=lab.env) is not None
    assert templates.find(command, cwd=lab.folder, env=lab.env | {"GREETING": "hello"}) is not None
    assert templates.find(command, cwd=lab.folder, env=lab.env | env) is None
    assert lab.python("-c", f"import os; print(os.environ[{next(iter(env))!r}])", env=env).out == next(
        iter(env.values())
    )


@pytest.mark.parametrize("name", ["json", "celery", "kombu", "sitecustomize"])
def test_what_would_be_imported_in_place_of_something_else(make: Any, templates: Templates, name: str) -> None:
    lab = make(templates, **{name: "print('this one')\n"})
    assert templates.find([sys.executable, "script.py"], cwd=lab.folder, env=lab.env) is None
    assert "this one" in lab.python("-c", f"import {name}").out
    other = make(templates)
    env = other.env | {"PYTHONPATH": f"{other.env['PYTHONPATH']}{os.pathsep}{lab.folder}"}
    assert templates.find([sys.executable, "script.py"], cwd=other.folder, env=env) is None


def test_what_is_no_program_of_celery(make: Any, templates: Templates) -> None:
    lab = make(templates)
    shim = [sys.executable, "-m", "flake8_celery.harness.shim", "-A", "shop", "worker"]
    for command, found in (
        (shim, True),
        ([*shim, "--pool", "gevent"], False),
        ([sys.executable, "-m", "http.server"], False),
        ([sys.executable, "missing.py"], False),
        (["sh", "script.py"], False),
        ([sys.executable, "-c", "\nprint(1)"], True),
        ([sys.executable, "-c", "\n\n  print(1)"], False),
        ([sys.executable, "-c", " print(1)"], False),
    ):
        assert (templates.find(command, cwd=lab.folder, env=lab.env) is not None) is found


def test_nothing_is_forked_where_a_fork_is_not_safe(
    make: Any, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = make(templates)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "platform", "darwin")
        assert templates.find([sys.executable, "script.py"], cwd=lab.folder, env=lab.env) is None
    assert templates.find([sys.executable, "script.py"], cwd=lab.folder, env=lab.env) is not None


def test_without_templates_a_program_is_started(make: Any) -> None:
    lab = make(None)
    assert "harness.template" not in parent(lab.worker("shop").pid)


def test_nothing_is_forked_off_what_has_a_thread_or_a_file() -> None:
    program = """
import os, socket, sys, threading
from flake8_celery.harness.template import obstacle

one, other = socket.socketpair()
other.close()
print(obstacle(one))
file = open(os.path.abspath(sys.executable))
print(obstacle(one))
file.close()
go = threading.Event()
threading.Thread(target=go.wait).start()
print(obstacle(one))
go.set()
"""
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    first, second, third, _ = lines.split("\n")
    assert first == ""
    assert "was opened by what Celery imports" in second
    assert third == "a thread was started by what Celery imports"


def test_what_is_read_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEN", "1")
    with recorded_environment() as read:
        assert os.environ.get("GIVEN") == "1"
        assert os.getenv("MISSING_HERE") is None
        assert "LOOKED_FOR" not in os.environ
    assert read == {"GIVEN", "MISSING_HERE", "LOOKED_FOR"}
    assert os.environ["GIVEN"] == "1"
    assert len(read) == 3


def test_the_search_path_is_the_interpreters(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    for value in ("one", f"{tmp_path}{os.pathsep}missing{os.pathsep}one{os.pathsep}{tmp_path}", ""):
        env = {key: text for key, text in os.environ.items() if not key.startswith("PYTHON")}
        command = [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"]
        rest = json.loads(subprocess.check_output(command, cwd=tmp_path, env=env))
        found = json.loads(subprocess.check_output(command, cwd=tmp_path, env=env | {"PYTHONPATH": value}))
        before = Path.cwd()
        os.chdir(tmp_path)
        try:
            assert search_path(value, rest) == found
        finally:
            os.chdir(before)


# --- nothing outlives it


def test_what_a_dead_template_has_forked_ends_and_the_next_is_started_anew(
    make: Any, processes: Processes, server: RedisServer
) -> None:
    own = Templates(processes, outer_environment())
    lab = make(own)
    worker = lab.worker("shop")
    template = psutil.Process(psutil.Process(worker.pid).ppid())
    family = [psutil.Process(worker.pid), *worker.children()]
    assert len(family) > 1
    template.kill()
    assert worker.wait() == -signal.SIGKILL
    assert "ended by the harness: the template that it was forked off is gone" in worker.log
    psutil.wait_procs(family, timeout=60)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
    again = lab.worker("shop")
    assert "harness.template" not in parent(again.pid)
    assert lab.python("-c", "print(7)").out == "7"  # the other kind of template lives
    own.close()


def test_a_template_that_cannot_start(make: Any, processes: Processes) -> None:
    broken = Templates(processes, outer_environment() | {"PYTHONHOME": "/nowhere"})
    lab = make(broken)
    lab.worker("shop")
    with pytest.raises(HarnessError, match="a template ended: "):
        Template("worker", processes, outer_environment() | {"PYTHONHOME": "/nowhere"})
    broken.close()


def test_closing_ends_what_was_forked_and_removes_the_folders(
    tmp_path: Path, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, source = tmp_path / "temporary", tmp_path / "source"
    temporary.mkdir()
    source.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    (source / "shop.py").write_text("from celery import Celery\napp = Celery('shop')\n", "utf-8")
    own = Processes()
    found = Templates(own, outer_environment())
    lab = Lab(source, processes=own, redis=server, templates=found)
    worker = lab.worker("shop")
    family = [psutil.Process(worker.pid), *worker.children(), psutil.Process(psutil.Process(worker.pid).ppid())]
    assert list(temporary.glob("flake8-celery-template-*"))
    own.close()
    found.close()
    lab.close()
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
    assert found.find([sys.executable, "-c", "pass"], cwd=tmp_path, env=outer_environment()) is None
    assert list(temporary.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from flake8_celery.harness.journal import Journal
from flake8_celery.harness.lab import outer_environment
from flake8_celery.harness.processes import Process, Processes
from flake8_celery.harness.templates import Templates

folder = Path(sys.argv[1])
env = outer_environment()
processes = Processes()
command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
template = Templates(processes, env).find(command, cwd=folder, env=env)
assert template is not None
process = processes.start(Process, command, cwd=folder, log=folder / "log", env=env, template=template)
Journal(folder / "journal").until(lambda: process.log)
print(process.pid, template.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_forked_ends_with_the_harness_that_is_killed(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    pids = [int(word) for word in ran.stdout.split()]
    assert len(pids) == 2
    journal = Journal(tmp_path / "waiting")
    assert journal.until(lambda: not any(map(_lives, pids)), within=60)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

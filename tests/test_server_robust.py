"""What must not end the language server, and what must."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .lsp import COMMAND, Pipe, editor
from .projects import write

TASKS = """\
from celery import shared_task


@shared_task
def charge(order):
    print(order)
    return order
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(
        tmp_path / "project",
        {"tasks.py": TASKS, "pyproject.toml": "[tool.flake8-celery]\nselect = ['CEL208']\n"},
    )


def works(pipe: Pipe) -> None:
    """It still says what it finds."""
    pipe.open(TASKS)
    assert [found["code"] for found in pipe.published()["diagnostics"]] == ["CEL208"]


@pytest.fixture
def pipe(root: Path) -> Iterator[Pipe]:
    here = Pipe(root)
    yield here
    here.end()


MALFORMED = [
    b"Content-Length: 5\r\n\r\n{{{{{",
    b"Content-Length: 2\r\n\r\n[]",
    b"Content-Length: 4\r\n\r\nnull",
    b"Content-Length: 3\r\n\r\n\xff\xfe\x00",
    b"Content-Length: 0\r\n\r\n",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: many\r\n\r\n",
    b"Content-Length: 99999999999999999999999999\r\n\r\n",
    b"no header at all\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"Content-Length: 20000\r\n\r\n" + b"[" * 20000,
    b'Content-Length: 17\r\n\r\n{"jsonrpc":"2.0"}',
    b"Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}",
]


def test_malformed_messages_do_not_end_it(pipe: Pipe) -> None:
    pipe.start()
    for message in MALFORMED:
        pipe.raw(message)
    pipe.notify("textDocument/didOpen", {"textDocument": 5})
    pipe.notify(
        "textDocument/didChange", {"textDocument": {"uri": "file:///nowhere.py", "version": 2}, "contentChanges": []}
    )
    pipe.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": "file:///no.py", "version": 2}, "contentChanges": [{"text": "x"}]},
    )
    pipe.notify("textDocument/didClose", {"textDocument": {"uri": "file:///nowhere.py"}})
    pipe.notify("no/suchNotification", {})
    assert pipe.request(7, "no/suchRequest", {})["error"]["code"] == -32601
    assert pipe.request(8, "textDocument/hover", {"position": "here"})["error"]["code"] == -32602
    pipe.send({"jsonrpc": "2.0", "id": 99, "result": None})
    works(pipe)


def test_a_request_before_initialize_or_after_shutdown_is_refused(pipe: Pipe) -> None:
    here = {"textDocument": {"uri": (pipe.root / "tasks.py").as_uri()}, "position": {"line": 0, "character": 0}}
    pipe.open(TASKS)  # a notification is dropped
    assert pipe.request(5, "textDocument/hover", here)["error"]["code"] == -32002
    pipe.start()
    again: dict[str, object] = {"processId": None, "rootUri": None, "capabilities": {}}
    assert pipe.request(6, "initialize", again)["error"]["code"] == -32600
    works(pipe)
    assert pipe.request(7, "shutdown", None)["result"] is None
    assert pipe.request(8, "textDocument/hover", here)["error"]["code"] == -32600
    pipe.notify("exit", None)
    assert pipe.ended() == 0


def test_initialize_may_be_tried_again_after_a_mistake(pipe: Pipe) -> None:
    assert pipe.request(5, "initialize", {"capabilities": 5})["error"]["code"] == -32602
    pipe.start()
    works(pipe)


def test_what_is_no_json_is_refused(pipe: Pipe) -> None:
    pipe.start()
    pipe.raw(b"Content-Length: 1\r\n\r\n{")
    assert pipe.answer(None)["error"]["code"] == -32700


def test_a_name_of_a_header_may_be_written_otherwise(pipe: Pipe) -> None:
    body = (
        b'{"jsonrpc":"2.0","id":5,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}'
    )
    pipe.raw(b"content-length:%d\r\n\r\n%s" % (len(body), body))
    assert "result" in pipe.answer(5)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(pipe: Pipe, number: signal.Signals) -> None:
    pipe.start()
    works(pipe)
    pipe.process.send_signal(number)
    assert pipe.ended() == 0
    assert pipe.process.stderr is not None
    assert pipe.process.stderr.read() == b""
    assert not list((pipe.root.parent / "cache").glob("*.tmp"))


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_signal_ends_it_while_it_works(pipe: Pipe) -> None:
    pipe.start()
    pipe.open(TASKS * 500)
    pipe.process.send_signal(signal.SIGTERM)
    assert pipe.ended() == 0
    assert not list((pipe.root.parent / "cache").glob("*.tmp"))


def test_a_disconnect_ends_it_cleanly(pipe: Pipe) -> None:
    pipe.start()
    works(pipe)
    pipe.stdin.close()
    assert pipe.ended() == 0
    assert pipe.process.stderr is not None
    assert pipe.process.stderr.read() == b""


def test_a_client_that_does_not_read_any_more_ends_it(pipe: Pipe) -> None:
    pipe.start()
    pipe.stdout.close()
    pipe.open(TASKS)
    assert pipe.ended() == 0


def test_exit_without_shutdown_is_no_success(pipe: Pipe) -> None:
    pipe.start()
    pipe.notify("exit", None)
    assert pipe.ended() == 1


def test_shutdown_and_exit(pipe: Pipe) -> None:
    pipe.start()
    works(pipe)
    assert pipe.request(2, "shutdown", None)["result"] is None
    pipe.notify("exit", None)
    assert pipe.ended() == 0


@pytest.mark.skipif(os.name != "posix", reason="processes of POSIX")
def test_a_client_that_died_ends_it(pipe: Pipe) -> None:
    client = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pipe.start(client.pid)
    works(pipe)
    client.communicate(b"\n")  # our end of the pipe stays open, as when another process holds it
    assert pipe.ended() == 0


def test_standard_output_is_for_messages_only(pipe: Pipe, root: Path) -> None:
    pipe.start()
    works(pipe)
    pipe.stdin.close()
    rest = pipe.stdout.read()
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        assert json.loads(rest[:length])["jsonrpc"] == "2.0"
        rest = rest[length:]


def test_without_the_extra_it_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError('no pygls', name='pygls')\n")
    done = subprocess.run(
        COMMAND, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "flake8-celery: error: the language server needs pygls: install flake8-celery with its extra, "
        "`flake8-celery[lsp]`\n"
    )


@pytest.mark.asyncio
async def test_a_huge_file_does_not_end_it(root: Path) -> None:
    async with editor(root) as here:
        here.open("huge.py", TASKS + "x = 1\n" * 400_000)
        assert await here.codes("huge.py") == []
        assert "too large" in here.logged[0]
        here.open("tasks.py")
        assert await here.codes("tasks.py") == ["CEL208"]


STRANGE = {
    "brackets": "x = " + "(" * 5000 + ")" * 5000,
    "signs": "x = " + "-" * 5000 + "1",
    "branches": "if a:\n    pass\n" + "elif a:\n    pass\n" * 3000,
    "nul": "\0",
    "coding": "# coding: klingon\n",
    "latin": "# coding: latin-1\nx = '\u20ac'\n",
    "surrogate": "\ud800",
    "marks": "\ufeff\ufeff",
}


@pytest.mark.asyncio
async def test_strange_texts_do_not_end_it(root: Path) -> None:
    async with editor(root) as here:
        here.open("tasks.py")
        for text in STRANGE.values():
            here.change("tasks.py", TASKS)
            assert await here.codes("tasks.py") == ["CEL208"]
            here.change("tasks.py", "from celery import shared_task\n" + text)
            await here.diagnostics("tasks.py")
            here.change("tasks.py", text)
            await here.diagnostics("tasks.py")
        assert not any("internal error" in line for line in here.logged)


@pytest.mark.asyncio
async def test_a_folder_that_vanishes_does_not_end_it(root: Path) -> None:
    async with editor(root) as here:
        here.open("tasks.py")
        assert await here.codes("tasks.py") == ["CEL208"]
        shutil.rmtree(root)
        here.tell("tasks.py", "pyproject.toml", "setup.cfg")
        here.change("tasks.py", TASKS + "\n")
        await here.diagnostics("tasks.py")
        here.close("tasks.py")
        write(root, {"tasks.py": TASKS, "pyproject.toml": "[tool.flake8-celery]\nselect = ['CEL208']\n"})
        here.tell("tasks.py", "pyproject.toml", "setup.cfg")
        here.open("tasks.py")
        assert await here.codes("tasks.py") == ["CEL208"]
        assert not any("internal error" in line for line in here.logged)


@pytest.mark.asyncio
async def test_a_document_that_is_closed_and_opened_at_once_is_open(root: Path) -> None:
    async with editor(root) as here:
        here.open("tasks.py")
        for change in range(20):
            here.change("tasks.py", TASKS + "\n" * change)
            assert await here.codes("tasks.py") == ["CEL208"]
            here.close("tasks.py")
            here.open("tasks.py", TASKS + "# again\n" + TASKS.replace("import", "import  "))
            await here.until_codes("tasks.py", ["CEL208", "CEL208"])


@pytest.mark.asyncio
async def test_a_deleted_file_that_is_open_stays_as_it_is_in_the_editor(root: Path) -> None:
    async with editor(root) as here:
        here.open("tasks.py")
        assert await here.codes("tasks.py") == ["CEL208"]
        (root / "tasks.py").unlink()
        here.tell("tasks.py")
        here.change("tasks.py", TASKS + "\n")
        assert await here.codes("tasks.py") == ["CEL208"]
        here.close("tasks.py")
        await here.until_codes("tasks.py", [])


@pytest.mark.asyncio
async def test_a_mistake_of_ours_is_logged(root: Path) -> None:
    broken = (
        "import flake8_celery.checks.definition as d\n\ndef boom(*_): raise RuntimeError('boom')\nd._prints = boom\n"
    )
    (root.parent / "site").mkdir()
    (root.parent / "site" / "sitecustomize.py").write_text(broken)
    async with editor(root, environment={"PYTHONPATH": str(root.parent / "site")}) as here:
        here.open("tasks.py")
        assert await here.codes("tasks.py") == []
        here.change("tasks.py", TASKS + "\n")
        assert await here.codes("tasks.py") == []
        (logged,) = here.logged
        assert "internal error while checking" in logged
        assert "RuntimeError: boom" in logged
